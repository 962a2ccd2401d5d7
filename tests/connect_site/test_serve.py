"""`manage.py serve`: what it refuses to start with, and that it serves."""

import shutil
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from connect_site.server import preflight
from connect_site.server.sockets import CannotStartError
from tests.connect_site.installation import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    yield installation
    installation.end()


@pytest.fixture(scope="module")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    installation = Installation(tmp_path_factory.mktemp("migrated"))
    assert installation.manage("migrate").returncode == 0
    return installation.database


@pytest.fixture
def migrated(installation: Installation, migrated_database: Path) -> Installation:
    shutil.copy(migrated_database, installation.database)
    return installation


def test_a_second_server_on_the_embedded_database_is_refused(migrated: Installation) -> None:
    first = migrated.serve("--port", "0")
    complaint = migrated.refuses_to_serve()
    assert f"a server (process {first.pid}) already runs on {migrated.database}" in complaint
    assert "DATABASE_URL" in complaint
    assert "REDIS_URL" in complaint


def test_other_commands_work_beside_the_server(migrated: Installation) -> None:
    migrated.serve("--port", "0")
    ended = migrated.manage("shell", "-c", "from chargepoints.models import *; print(6 * 7)")
    assert "42" in ended.stdout


def test_the_next_server_may_start_after_the_first_was_killed(migrated: Installation) -> None:
    first = migrated.serve("--port", "0")
    first.kill()
    first.wait()
    second = migrated.serve("--port", "0")
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0


def test_a_database_without_its_migrations_is_refused(installation: Installation) -> None:
    complaint = installation.refuses_to_serve()
    assert complaint.startswith("connect: the database lacks ")
    assert "manage.py migrate" in complaint


def test_directories_that_are_of_no_use_are_refused(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.CA_DIRECTORY = str(tmp_path / "files"), ""
    preflight.check_directories()
    settings.CA_DIRECTORY = str(tmp_path)
    with pytest.raises(CannotStartError, match="manage.py create_authority"):
        preflight.check_directories()
    settings.MEDIA_ROOT = "/proc/files"
    with pytest.raises(CannotStartError, match="FILES_DIRECTORY: /proc/files cannot be written"):
        preflight.check_directories()


@pytest.mark.django_db(transaction=True)
def test_a_store_that_may_lose_data_is_refused(settings: Settings) -> None:
    preflight.check(workers=1)
    take_back_what_is_durable()
    with pytest.raises(CannotStartError, match="may lose what it has acknowledged"):
        preflight.check(workers=1)
    settings.ALLOW_VOLATILE_STORE = True
    take_back_what_is_durable()
    preflight.check(workers=1)


def take_back_what_is_durable() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")


def test_a_database_that_does_not_answer_is_refused(installation: Installation) -> None:
    url = "postgresql://connect@127.0.0.1:1/connect"
    complaint = installation.refuses_to_serve(DATABASE_URL=url)
    assert complaint.startswith("connect: DATABASE_URL: the database cannot be used: ")
    assert "Connection refused" in complaint


def test_a_port_in_use_is_refused(migrated: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        complaint = migrated.refuses_to_serve("--port", str(port))
    assert complaint == f"connect: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_workers_without_redis_are_refused(migrated: Installation) -> None:
    complaint = migrated.refuses_to_serve("--workers", "2")
    assert complaint.startswith("connect: REDIS_URL: required with WORKERS > 1")


def test_workers_on_sqlite_are_refused(migrated: Installation) -> None:
    complaint = migrated.refuses_to_serve(WORKERS="2", REDIS_URL="redis://localhost")
    assert complaint.startswith("connect: DATABASE_URL: WORKERS > 1 needs PostgreSQL")


def test_a_unix_socket_that_was_left_behind_is_replaced(migrated: Installation) -> None:
    path = migrated.database.with_name("s")
    with closing(socket.socket(socket.AF_UNIX)) as left_behind:
        left_behind.bind(str(path))
    process = migrated.serve("--unix", str(path))
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.connect(str(path))
        client.sendall(b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert path.stat().st_mode & 0o777 == 0o660
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not path.exists()


def test_the_next_server_s_unix_socket_outlives_the_one_that_drains(
    migrated: Installation,
) -> None:
    path = migrated.database.with_name("s")
    process = migrated.serve("--unix", str(path))
    path.unlink()
    with closing(socket.socket(socket.AF_UNIX)) as successor:
        successor.bind(str(path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert path.is_socket()


def test_a_unix_socket_in_use_is_refused(migrated: Installation) -> None:
    path = migrated.database.with_name("s")
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        other.listen()
        complaint = migrated.refuses_to_serve("--unix", str(path))
    assert complaint == f"connect: cannot listen on {path}: another process does"


def test_the_server_serves_pages_files_and_sockets(migrated: Installation) -> None:
    migrated.serve("--port", "0")

    def status(path: str, *lines: str) -> bytes:
        head = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]
        with socket.create_connection(("127.0.0.1", migrated.port), timeout=10) as client:
            client.sendall("\r\n".join(head).encode())
            return client.recv(100).split()[1]

    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    )
    assert status("/admin/login/") == b"200"
    assert status("/static/admin/css/base.css") == b"200"
    assert status("/ocpp/UNKNOWN", *upgrade) == b"404"
    assert status("/elsewhere", *upgrade) == b"404"


def test_the_embedded_database_is_durable_and_checks_its_keys(migrated: Installation) -> None:
    ended = migrated.manage(
        "shell",
        "-v0",
        "-c",
        "from django.db import connection as c; q = lambda s: c.cursor().execute(s).fetchone()[0];"
        "print([q(f'PRAGMA {p}') for p in ('journal_mode', 'synchronous', 'foreign_keys',"
        " 'busy_timeout')], c.transaction_mode)",
    )
    assert ended.stdout.strip() == "['wal', 2, 1, 20000] IMMEDIATE"
    with closing(sqlite3.connect(migrated.database)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
