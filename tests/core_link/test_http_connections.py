"""What a server may answer over a connection that is kept open."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from core_link import http_connections, outbound
from core_link.outbound import Answer, Exchange, NoAnswer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
TO_THE_END = b"HTTP/1.0 200 OK\r\n\r\n{}"
CUT_SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"


class Server:
    """Answers each request with the next of its texts, and closes after the last one."""

    def __init__(self, *answers: bytes) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/events?site=a"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listener.accept()
            self.connections += 1
            with closing(connection):
                while self._answers and (request := connection.recv(65536)):
                    self.requests.append(request)
                    answer = self._answers.pop(0)
                    connection.sendall(answer)
                    if answer in (TO_THE_END, CUT_SHORT):
                        break


@contextmanager
def server(*answers: bytes) -> Iterator[Server]:
    serving = Server(*answers)
    yield serving
    serving.stop()


def post(url: str, headers: dict[str, str] | None = None) -> Answer:
    return outbound.post(url, b"{}", headers or {}, exchange=Exchange(), timeout_s=5)


def test_a_connection_is_kept_for_the_next_request() -> None:
    with server(PLAIN, CHUNKED, PLAIN) as serving:
        assert [post(serving.url).body for _ in range(3)] == [b"{}"] * 3
    assert serving.connections == 1
    head = serving.requests[0].split(b"\r\n")
    assert head[0] == b"POST /events?site=a HTTP/1.1"
    assert b"Content-Length: 2" in head and b"Content-Type: application/json" in head


def test_an_answer_may_end_with_its_connection() -> None:
    with server(TO_THE_END, PLAIN) as serving:
        assert [post(serving.url).body for _ in range(2)] == [b"{}"] * 2
    assert serving.connections == 2


def test_half_an_answer_is_none() -> None:
    with server(CUT_SHORT) as serving, pytest.raises(NoAnswer, match="IncompleteRead"):
        post(serving.url)


def test_what_is_no_http_is_no_answer() -> None:
    with server(b"SSH-2.0-OpenSSH_9.6\r\n\r\n") as serving, pytest.raises(NoAnswer):
        post(serving.url)


def test_a_header_is_one_line() -> None:
    with pytest.raises(NoAnswer, match="line break"):
        post("http://127.0.0.1:1/", {"Authorization": "Bearer a\r\nX-Other: b"})


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "nonsense"])
def test_an_address_that_is_none_of_http_is_not_asked(url: str) -> None:
    with pytest.raises(NoAnswer):
        post(url)


def test_who_shows_no_certificate_is_told_nothing() -> None:
    with (
        server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as serving,
        pytest.raises(NoAnswer, match=r"SSL|certificate|record"),
    ):
        post(serving.url.replace("http:", "https:"))
    assert not any(b"/events" in request for request in serving.requests)


RESET = struct.pack("ii", 1, 0)


def test_what_a_server_says_unasked_is_not_the_answer_to_the_next_request() -> None:
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        heard, said = threading.Event(), threading.Event()

        def serve() -> None:
            for unasked in (late, b""):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(PLAIN)
                    heard.wait(5)
                    connection.sendall(unasked)
                    said.set()
                    # Closed, or reset for what was not read.
                    with suppress(ConnectionResetError):
                        connection.recv(65536)

        serving = threading.Thread(target=serve)
        serving.start()
        assert post(url).status == 200
        heard.set()
        assert said.wait(5)
        assert post(url).status == 200
        http_connections.of_this_thread(http_connections.read(url)).close()
        serving.join()


def test_an_early_hint_is_not_the_answer() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with server(hint + PLAIN, PLAIN) as serving:
        with pytest.raises(NoAnswer, match="103"):
            post(serving.url)
        assert post(serving.url).status == 200
    assert serving.connections == 2


def test_a_server_that_resets_what_was_kept_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                connection.recv(65536)
                connection.sendall(PLAIN)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()

        serving = threading.Thread(target=serve)
        serving.start()
        for _ in range(2):
            public = Exchange(public_only=True)
            assert outbound.post(url, b"{}", {}, exchange=public, timeout_s=5).status == 200
        serving.join()


def test_a_handshake_of_tls_that_never_ends_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        exchange = Exchange()

        def accept_and_cut() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                exchange.cut()
                connection.recv(1)

        serving = threading.Thread(target=accept_and_cut)
        serving.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        begun = time.monotonic()
        with pytest.raises(NoAnswer, match="in time"):
            outbound.post(url, b"{}", {}, exchange=exchange, timeout_s=30)
        assert time.monotonic() - begun < 10
        assert not exchange.reached
        serving.join()


def test_an_answer_before_the_whole_request_was_read_is_taken() -> None:
    refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(refusal)

        serving = threading.Thread(target=refuse)
        serving.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        body = b" " * 32_000_000
        assert outbound.post(url, body, {}, exchange=Exchange(), timeout_s=5).status == 413
        serving.join()
