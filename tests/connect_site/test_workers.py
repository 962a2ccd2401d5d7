"""Several server processes on one port: replaced when they die, stopped together."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
from psycopg import sql

from tests.connect_site.installation import Installation
from tests.connect_site.process import until

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of its own beside the tests' one."""
    url = os.environ["TEST_DATABASE_URL"]
    name = sql.Identifier(f"workers_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        own = f"{url.rpartition('/')[0]}/workers_{os.getpid()}"
        migrated = Installation(
            tmp_path_factory.mktemp("migrated"), DATABASE_URL=own, DATABASE_STATEMENT_TIMEOUT_S="0"
        ).manage("migrate")
        assert migrated.returncode == 0, migrated.stderr
        yield own
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    installation = Installation(
        tmp_path, DATABASE_URL=database_url, REDIS_URL=os.environ["TEST_REDIS_URL"]
    )
    yield installation
    installation.end()


def children(pid: int, *, for_pages: bool = False) -> set[int]:
    """The workers that a server has started, or the process for pages: that one listens nowhere."""
    found = set()
    for each in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        with suppress(FileNotFoundError):
            command = Path(f"/proc/{each}/cmdline").read_text()
            if ("--listen" in command) != for_pages:
                found.add(each)
    return found


def serves(port: int) -> bool:
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as client:
            client.sendall(b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def test_workers_share_a_port_and_are_replaced_when_they_die(installation: Installation) -> None:
    parent = installation.serve("--port", "0", "--workers", "2", listeners=2)
    before = children(parent.pid)
    assert len(before) == 2
    assert serves(installation.port)

    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(children(parent.pid) - {victim}) == 2, 15, lambda: installation.output)
    assert f"Worker {victim} ended with status -9" in installation.output
    until(lambda: installation.output.count("Listening on") == 3, 15)

    parent.send_signal(signal.SIGTERM)
    assert parent.wait(30) == 0, installation.output
    assert not serves(installation.port)


def sign_in(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=30) as page:
        assert "static/" in page.read().decode()
        return int(page.status)


def handed_over(port: int) -> float:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        counters = answer.read().decode()
    taken = r'^connect_requests_handed_over_total\{taken="yes"\} (\S+)$'
    found = re.search(taken, counters, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_pages_have_a_process_of_their_own(installation: Installation, workers: str) -> None:
    installation.environment["METRICS_OPEN"] = "true"
    parent = installation.serve("--port", "0", "--workers", workers, listeners=int(workers))
    (pages,) = children(parent.pid, for_pages=True)
    assert sign_in(installation.port) == 200
    assert handed_over(installation.port) == 1
    # Where processors are short, it waits.
    assert os.getpriority(os.PRIO_PROCESS, pages) == 10

    os.kill(pages, signal.SIGKILL)
    # It waits for the next one.
    assert sign_in(installation.port) == 200
    assert handed_over(installation.port) == 2
    assert f"Server of pages {pages} ended with status -9" in installation.output
    assert children(parent.pid, for_pages=True) != {pages}

    parent.send_signal(signal.SIGTERM)
    assert parent.wait(30) == 0, installation.output


def test_workers_serve_pages_too_where_they_are_told_to(installation: Installation) -> None:
    installation.environment |= {"METRICS_OPEN": "true", "PAGES_APART": "false"}
    parent = installation.serve("--port", "0", "--workers", "2", listeners=2)
    assert children(parent.pid, for_pages=True) == set()
    assert sign_in(installation.port) == 200
    assert handed_over(installation.port) == 0


def test_what_is_asked_for_as_the_server_stops_is_answered(installation: Installation) -> None:
    """The process for pages ends after the workers have."""
    parent = installation.serve("--port", "0", "--workers", "1")
    assert sign_in(installation.port) == 200
    (pages,) = children(parent.pid, for_pages=True)
    os.kill(pages, signal.SIGSTOP)
    with closing(socket.create_connection(("127.0.0.1", installation.port), timeout=30)) as client:
        client.sendall(b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        parent.send_signal(signal.SIGTERM)
        until(lambda: not children(parent.pid), 15, lambda: installation.output)
        os.kill(pages, signal.SIGCONT)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert parent.wait(30) == 0, installation.output


@pytest.mark.parametrize("next_one", ["waits", "starts"])
def test_what_waits_for_the_next_process_for_pages_is_answered_when_the_server_stops(
    installation: Installation, next_one: str
) -> None:
    installation.environment["METRICS_OPEN"] = "true"
    parent = installation.serve("--port", "0", "--workers", "1")
    assert sign_in(installation.port) == 200
    (pages,) = children(parent.pid, for_pages=True)
    os.kill(pages, signal.SIGKILL)
    address = ("127.0.0.1", installation.port)
    head = b"POST /api/v1/charge-points HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    with closing(socket.create_connection(address, timeout=30)) as client:
        client.sendall(head + b"{")
        until(lambda: handed_over(installation.port) == 2, 10)
        if next_one == "starts":
            until(lambda: bool(children(parent.pid, for_pages=True) - {pages}), 10)
        parent.send_signal(signal.SIGTERM)
        answer = b""
        with suppress(ConnectionResetError):
            while more := client.recv(1000):
                answer += more
        # Where the next one has come so far, it serves what waited.
        statuses = [503] if next_one == "waits" else [503, 401]
        assert any(answer.startswith(b"HTTP/1.1 %d " % each) for each in statuses), answer
    parent.wait(30)


def alive(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(5)
        client.connect(str(path))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.recv(100).startswith(b"HTTP/1.1 200")


def test_a_worker_that_stops_in_order_leaves_the_unix_socket_to_the_others(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    parent = installation.serve("--unix", str(path), "--workers", "2", listeners=2)
    first, second = children(parent.pid)
    for victim in (first, second):
        started = installation.output.count("Listening on")
        os.kill(victim, signal.SIGTERM)
        until(lambda: f"Worker {victim} ended" in installation.output, 15)  # noqa: B023
        assert alive(path)
        until(lambda: installation.output.count("Listening on") == started + 1, 15)  # noqa: B023
    assert alive(path)
    assert path.stat().st_mode & 0o777 == 0o660

    parent.send_signal(signal.SIGTERM)
    assert parent.wait(30) == 0, installation.output
    assert not path.exists()


def test_a_storm_finds_room_before_the_unix_socket(
    installation: Installation, tmp_path: Path
) -> None:
    """More at once than the server can take in: the kernel keeps them, and refuses none."""
    path = tmp_path / "s"
    parent = installation.serve("--unix", str(path), "--workers", "2", listeners=2)
    workers = children(parent.pid)
    with ExitStack() as clients:
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        for _ in range(300):
            client = clients.enter_context(closing(socket.socket(socket.AF_UNIX)))
            client.setblocking(False)
            client.connect(str(path))
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def refusals(port: int) -> float:
    """As whichever worker answers has them."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        counters = answer.read().decode()
    found = re.search(r"^connect_refused_handshakes_total\{.*\} (\S+)$", counters, re.MULTILINE)
    return float(found[1]) if found else 0.0


def refused(port: int, number: int) -> None:
    """A charger that nobody knows, on a connection of its own."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as client:
        client.sendall(
            b"GET /ocpp/NOBODY-%d HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n" % number
        )
        assert client.recv(12) == b"HTTP/1.1 404"


def test_every_worker_counts_for_all(installation: Installation) -> None:
    installation.environment["METRICS_OPEN"] = "true"
    installation.serve("--port", "0", "--workers", "2", listeners=2)
    for number in range(10):
        refused(installation.port, number)
    assert {refusals(installation.port) for _ in range(10)} == {10.0}


def test_workers_end_when_their_parent_is_killed(installation: Installation) -> None:
    parent = installation.serve("--port", "0", "--workers", "2", listeners=2)
    processes = children(parent.pid) | children(parent.pid, for_pages=True)
    parent.kill()
    parent.wait()
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in processes), 20)
    # The process for pages may not have come so far.
    assert installation.output.count("Stopping") >= 2


def test_a_store_without_fsync_is_refused(installation: Installation) -> None:
    with psycopg.connect(installation.environment["DATABASE_URL"], autocommit=True) as admin:
        admin.execute("ALTER ROLE connect SET synchronous_commit = off")
        try:
            complaint = installation.refuses_to_serve()
        finally:
            admin.execute("ALTER ROLE connect RESET synchronous_commit")
    assert "may lose what it has acknowledged: synchronous_commit is off" in complaint


def test_postgresql_is_pooled_and_patient_within_limits(installation: Installation) -> None:
    ended = installation.manage(
        "shell",
        "-v0",
        "-c",
        "from django.db import connection as c; q = lambda s: c.cursor().execute(s).fetchone()[0];"
        "print([q(f'SHOW {p}') for p in ('statement_timeout', 'lock_timeout',"
        " 'idle_in_transaction_session_timeout')], c.pool.max_size)",
        WRITER_THREADS="3",
        HTTP_THREADS="5",
    )
    assert ended.stdout.strip() == "['30s', '5s', '1min'] 13", ended.stderr
