"""One charger cannot take the memory, the time or the patience that others need."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from statistics import median

import pytest

from connect_site.server.inbox import LIMIT
from tests.connect_site.process import Served, serving, until
from tests.connect_site.raw_client import PING, PONG, TEXT, RawSocket, connect, frame

MIB = 1024 * 1024


def flood(charger: RawSocket, data: bytes, at_most: int) -> int:
    """Sends `data` over and over until the server takes no more; returns the bytes sent."""
    charger.sock.settimeout(1)
    sent = 0
    try:
        while sent < at_most:
            sent += charger.sock.send(data[sent % len(data) :])
    except TimeoutError:
        pass
    charger.sock.settimeout(10)
    return sent


@pytest.mark.parametrize("size", [30, 2000, 100_000])
def test_a_flood_is_taken_no_faster_than_the_application_reads(server: Served, size: int) -> None:
    message = frame(TEXT, b"x" * size)
    batch = message * max(1, 60_000 // size)
    with connect(server, "/sleeper") as charger:
        before = server.rss_kib
        sent = flood(charger, batch, at_most=200 * MIB)
        grown = server.rss_kib - before
    assert sent < 20 * MIB, "the server went on reading"
    # 64 messages, and one chunk that has been read from the socket.
    assert grown < 1024 + LIMIT * size / 1024 * 1.5


def test_nothing_of_a_flood_is_lost_or_out_of_order(server: Served) -> None:
    count = 5000
    with connect(server, "/late-reader") as charger:
        for number in range(count):
            charger.send(f"{number} {'x' * (number % 300)}")
        charger.send("end")
        assert charger.text() == f"{count} True"


def test_a_flooding_charger_does_not_hold_up_another(server: Served) -> None:
    pings = frame(PING, b"") * 10_000
    with connect(server, "/echo") as hostile, connect(server, "/echo") as charger:
        hostile.sock.setblocking(False)

        def send_pings() -> None:
            with suppress(BlockingIOError, ConnectionError):
                while True:
                    hostile.sock.send(pings)

        def answered_within(before: Callable[[], None]) -> float:
            """In most rounds: a busy machine may hold this test itself up in any single one."""
            took = []
            for _ in range(50):
                before()
                began = time.monotonic()
                charger.send("hello")
                assert charger.text() == "hello"
                took.append(time.monotonic() - began)
            return median(took)

        alone = answered_within(lambda: None)
        # On a machine that is busy with others, all of it takes longer.
        assert answered_within(send_pings) < max(0.25, 20 * alone)


def test_a_charger_that_reads_nothing_makes_the_application_wait_and_is_dropped() -> None:
    with serving(ping_timeout_s=1, look_every_s=0.1) as server, connect(server, "/torrent"):
        server.says("torrent ", timeout=15)
        words = next(line for line in server.lines if line.startswith("torrent")).split()
        assert int(words[1]) < 20 * MIB  # what the kernel takes
        assert words[2] == "websocket.disconnect"
        server.says("it reads nothing")


def test_a_page_is_produced_no_faster_than_it_is_taken(server: Served) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        before = server.rss_kib
        time.sleep(1)
        produced = server.output.count("endless")
        assert produced < 20  # megabytes, in the kernel's buffers
        for _ in range(1000):
            client.recv(65536)
        until(lambda: server.output.count("endless") > produced, 5)
        assert server.rss_kib - before < 4 * 1024


POST = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    with serving(request_within_s=0.5) as server:
        yield server


def drip(client: socket.socket) -> None:
    for _ in range(50):
        client.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", POST])
def test_a_request_that_comes_byte_by_byte_is_hung_up_on(hasty: Served, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=10) as client:
        client.sendall(begun)
        with pytest.raises(ConnectionError):
            drip(client)


def test_a_large_body_may_take_its_time(hasty: Served) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=10) as client:
        client.sendall(POST.replace(b"/upload", b"/files/uploads/token/"))
        for _ in range(10):
            client.sendall(bytes(100_000))
            time.sleep(0.1)
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        (b"/", b"", b"413"),
        (b"/admin/login/", b"", b"413"),
        (b"/api/v1/charge-points", b"", b"413"),
        (b"/api/v1/charge-points", b"Authorization: Bearer x\r\n", b"200"),
        (b"/admin/chargepoints/firmwarefile/add/", b"Cookie: sessionid=x\r\n", b"200"),
        (b"/files/uploads/token/", b"", b"200"),
    ],
)
def test_only_who_shows_a_key_or_a_session_may_send_a_long_body(
    server: Served, path: bytes, header: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(POST.replace(b"/upload", path).replace(b"Host", header + b"Host"))
        client.sendall(bytes(1_000_000))
        assert client.recv(1000).startswith(b"HTTP/1.1 " + status)


def test_the_answers_to_pings_that_nobody_reads_are_bounded(server: Served) -> None:
    with connect(server, "/echo") as charger:
        before = server.rss_kib
        pings = frame(PING, b"x" * 125) * 1000
        with pytest.raises(ConnectionError):
            charger.sock.sendall(pings * 1000)
        assert server.rss_kib - before < 4 * 1024
        server.says("it reads nothing")


@pytest.fixture(scope="module")
def impatient() -> Iterator[Served]:
    with serving(ping_interval_s=0.5, ping_timeout_s=0.5, look_every_s=0.1) as server:
        yield server


def test_a_silent_charger_that_answers_pings_stays(impatient: Served) -> None:
    with connect(impatient, "/echo") as charger:
        for _ in range(4):
            opcode, payload = charger.read_frame()
            assert opcode == PING
            charger.sock.sendall(frame(PONG, payload))


def test_any_byte_from_a_charger_is_an_answer_to_a_ping(impatient: Served) -> None:
    with connect(impatient, "/echo") as charger:
        for _ in range(4):
            assert charger.read_frame()[0] == PING
            charger.send("busy")
            assert charger.text() == "busy"


def test_a_silent_charger_that_answers_no_ping_is_dropped(impatient: Served) -> None:
    with connect(impatient, "/echo") as charger:
        assert charger.read_frame()[0] == PING
        with pytest.raises(ConnectionError):
            charger.read_frame()
    impatient.says("it is silent and answers no ping")


def test_a_charger_that_is_known_to_answer_no_pings_is_given_more_time(impatient: Served) -> None:
    with connect(impatient, "/patient") as charger:
        assert charger.read_frame()[0] == PING
        time.sleep(1.0)  # twice the patience with any other
        charger.send("still here")
        assert charger.text() == "still here"


def test_a_charger_that_has_to_wait_for_us_is_not_taken_for_silent(impatient: Served) -> None:
    with connect(impatient, "/late-reader") as charger:
        for number in range(LIMIT + 1):
            charger.send(f"{number} x")
        charger.send("end")  # and then two seconds of nothing, four times the patience
        while (received := charger.read_frame())[0] == PING:
            pass
        assert received == (TEXT, f"{LIMIT + 1} True".encode())


@pytest.mark.slow
def test_two_thousand_idle_chargers_take_less_than_16_kib_each(server: Served) -> None:
    warm = [connect(server, "/echo") for _ in range(20)]
    before = server.rss_kib
    chargers = [connect(server, "/echo") for _ in range(2000)]
    time.sleep(2.5)  # daphne forgets the requests that became sockets once a second
    each = (server.rss_kib - before) / len(chargers)
    for charger in warm + chargers:
        charger.sock.close()
    assert each < 16
