"""The application's lifespan, and a stop that loses nothing and hurries nobody."""

import signal
import socket
import threading
import time

import pytest

from tests.connect_site.process import Served, serving
from tests.connect_site.raw_client import RawSocket, connect, handshake


def test_the_application_has_started_before_anybody_can_connect() -> None:
    with serving() as server:
        lines = [line.split(":")[-1] for line in server.lines]
        assert server.lines.index("startup") < lines.index(str(server.port))


def test_a_failed_startup_ends_the_server_before_it_listens() -> None:
    server = Served({}, {"LIFESPAN": "fails"})
    try:
        assert server.wait() == 1
        assert "The application failed: no store" in server.output
        assert "Listening" not in server.output
    finally:
        server.end()


def test_a_lifespan_that_dies_ends_the_server() -> None:
    with serving({"LIFESPAN": "dies"}, drain_s=0) as server:
        assert server.wait() == 1
        assert "BrokenError: the writer died" in server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(number: int) -> None:
    with serving(drain_s=0) as server, connect(server, "/echo") as charger:
        server.signal(number)
        assert charger.close_code() == 1012
        assert server.wait() == 0
        # The application's shutdown comes after the end of its last socket.
        assert server.lines.index("disconnect 1012") < server.lines.index("shutdown")


def test_the_sockets_are_closed_one_after_the_other() -> None:
    with serving(drain_s=2) as server:
        chargers = [connect(server, "/echo") for _ in range(20)]
        closed: list[float] = []

        def wait_for_the_close(charger: RawSocket) -> None:
            assert charger.close_code() == 1012
            closed.append(time.monotonic())

        threads = [threading.Thread(target=wait_for_the_close, args=[each]) for each in chargers]
        for thread in threads:
            thread.start()
        server.signal()
        for thread in threads:
            thread.join()
        for charger in chargers:
            charger.sock.close()
        assert server.wait() == 0
    gaps = [later - earlier for earlier, later in zip(closed, closed[1:], strict=False)]
    # A busy machine may hold this test up, and the closes then come together; not all of them.
    assert closed[-1] - closed[0] > 1.2
    assert max(gaps) < 1


def test_what_is_being_worked_on_is_answered_before_the_close() -> None:
    with serving(drain_s=0) as server, connect(server, "/slow-answer") as charger:
        charger.send("work")
        server.signal()
        assert charger.text() == "done"
        assert charger.close_code() == 1012
        assert server.wait() == 0


def test_a_request_that_runs_is_answered_before_the_end() -> None:
    with serving(drain_s=0) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
            sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            server.says("slow")
            server.signal()
            assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert server.wait() == 0


def test_nobody_can_connect_to_a_server_that_stops() -> None:
    with serving(drain_s=1) as server, connect(server, "/echo"):
        server.signal()
        server.says("Stopping")
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_a_handshake_that_is_undecided_at_the_stop_is_a_503() -> None:
    with serving(drain_s=0) as server:
        client = RawSocket(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        client.sock.sendall(handshake("/never"))
        server.says("undecided")
        server.signal()
        client.read_response()
        assert client.status == 503
        client.sock.close()


def test_a_second_signal_ends_the_server_at_once() -> None:
    with serving(drain_s=60) as server:
        chargers = [connect(server, "/echo") for _ in range(3)]
        server.signal()
        server.says("Stopping")
        began = time.monotonic()
        server.signal()
        assert server.wait() == 128 + signal.SIGTERM
        assert time.monotonic() - began < 10  # and not the sixty that the sockets would have
        for charger in chargers:
            charger.sock.close()


def test_an_application_that_does_not_end_is_cancelled() -> None:
    with (
        serving(drain_s=0, applications_end_s=1) as server,
        connect(server, "/sleeper") as charger,
    ):
        server.signal()
        assert charger.close_code() == 1012
        assert server.wait() == 0
        assert "Cancelled 1 applications that did not end" in server.output
