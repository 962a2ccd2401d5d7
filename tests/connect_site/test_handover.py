"""Connections go to the process that serves what is asked for, and come back."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.connect_site.process import Served, serving, until
from tests.connect_site.raw_client import RawSocket, handshake

PAGE = "/admin/"


@pytest.fixture
def server() -> Iterator[Served]:
    with serving(pages=True, drain_s=0) as server:
        yield server


def pid_of_pages(server: Served) -> int:
    return int(next(line.split()[1] for line in server.lines if line.startswith("pages ")))


def open_socket(server: Served) -> RawSocket:
    return RawSocket(socket.create_connection(("127.0.0.1", server.port), timeout=10))


def request(target: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(client: RawSocket) -> dict[str, Any]:
    """What the application saw, the process that it ran in among it."""
    client.read_response()
    assert client.status == 200
    length = int(client.headers["content-length"])
    while len(client.received) < length:
        client.received += client.sock.recv(65536)
    body, client.received = client.received[:length], client.received[length:]
    found: dict[str, Any] = json.loads(body)
    return found


def test_a_page_is_served_by_the_other_process_and_all_else_by_the_first(server: Served) -> None:
    for target, process in (
        ("/admin/?status=200", pid_of_pages(server)),
        ("/api/v1/charge-points", pid_of_pages(server)),
        ("http://x/static/a.css", pid_of_pages(server)),
        ("/healthz", server.process.pid),
        ("/ocpp/admin/", server.process.pid),
    ):
        with open_socket(server) as client:
            client.sock.sendall(request(target))
            assert answer(client)["process"] == str(process), target


def test_the_other_process_sees_the_client_itself(server: Served) -> None:
    with open_socket(server) as client:
        client.sock.sendall(request(PAGE, "X-Forwarded-For: 203.0.113.9"))
        seen = answer(client)
        assert seen["client"] == str(list(client.sock.getsockname()))
    assert "203.0.113.9" not in seen["headers"]


def test_the_other_process_believes_the_proxy_behind_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with (
        serving(pages=True, unix=str(path), drain_s=0) as server,
        RawSocket(socket.socket(socket.AF_UNIX)) as client,
    ):
        client.sock.connect(str(path))
        client.sock.sendall(
            request(PAGE, "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
        )
        seen = answer(client)
        assert seen["process"] == str(pid_of_pages(server))
    assert (seen["client"], seen["scheme"]) == ("['203.0.113.9', 0]", "https")


def test_each_request_of_a_connection_goes_where_it_belongs(server: Served) -> None:
    pages, worker = str(pid_of_pages(server)), str(server.process.pid)
    with open_socket(server) as client:
        for target, process in ((PAGE, pages), ("/healthz", worker)) * 3:
            client.sock.sendall(request(target))
            assert answer(client)["process"] == process
        client.sock.sendall(request(PAGE))
        assert answer(client)["process"] == pages
        client.sock.sendall(handshake("/scope"))
        client.read_response()
        assert client.status == 101
        assert str(json.loads(client.text())["process"]) == worker


def test_requests_that_come_in_one_piece_are_answered_in_their_order(server: Served) -> None:
    targets = [PAGE, "/first", "/admin/second/", "/api/third", "/fourth", PAGE]
    with open_socket(server) as client:
        client.sock.sendall(b"".join(map(request, targets)))
        assert [answer(client)["path"] for _ in targets] == targets


def test_a_request_that_comes_byte_by_byte_arrives(server: Served) -> None:
    with open_socket(server) as client:
        for byte in request(PAGE, method="POST", body=b"name=1"):
            client.sock.sendall(bytes([byte]))
        seen = answer(client)
    assert (seen["process"], seen["body"]) == (str(pid_of_pages(server)), str(b"name=1"))


def test_a_large_body_and_its_limit_are_the_other_process_s(server: Served) -> None:
    body = os.urandom(1_000_000)
    with open_socket(server) as client:
        client.sock.sendall(request(PAGE, "Cookie: a=b", method="POST", body=body))
        assert answer(client)["body"] == str(body)
    with open_socket(server) as client:
        client.sock.sendall(request(PAGE, method="POST", body=body))
        client.read_response()
        assert client.status == 413


def test_where_the_other_process_hangs_the_rest_is_served_by_the_first(server: Served) -> None:
    worker, pages = server.process.pid, pid_of_pages(server)
    os.kill(pages, signal.SIGSTOP)
    with ExitStack() as opened:
        waiting: list[RawSocket] = []
        # What it has room for waits for it; the next request is not its any more.
        while "this worker serves pages" not in server.output:
            assert len(waiting) < 1000
            waiting.append(opened.enter_context(open_socket(server)))
            waiting[-1].sock.sendall(request(PAGE))
            assert alive(server)
        assert answer(waiting.pop())["process"] == str(worker)
        os.kill(pages, signal.SIGCONT)
        assert {answer(client)["process"] for client in waiting} == {str(pages)}


def alive(server: Served) -> bool:
    with open_socket(server) as client:
        client.sock.sendall(request("/healthz"))
        return bool(answer(client)["process"] == str(server.process.pid))


def test_a_stop_of_the_other_process_lets_its_requests_end(server: Served) -> None:
    with open_socket(server) as client:
        client.sock.sendall(request("/admin/slow"))
        until(lambda: f"{pid_of_pages(server)}: slow" in server.output, 5)
        os.kill(pid_of_pages(server), signal.SIGTERM)
        assert answer(client)["process"] == str(pid_of_pages(server))
