"""An open socket: what passes, what closes it, and with which code."""

import signal
import socket
import struct
import time

import pytest

from connect_site.server.long_messages import ORDINARY_BYTES
from connect_site.server.websocket import MAX_FRAGMENTS
from tests.connect_site.process import Served, serving
from tests.connect_site.raw_client import BINARY, CLOSE, PING, PONG, TEXT, connect, frame


def test_the_longest_message_passes(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.send("x" * ORDINARY_BYTES)
        assert len(charger.text()) == ORDINARY_BYTES


def test_a_longer_message_closes_with_1009(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.send("x" * (ORDINARY_BYTES + 1))
        assert charger.close_code() == 1009


def test_a_longer_message_in_fragments_closes_with_1009(server: Served) -> None:
    with connect(server, "/echo") as charger:
        half = b"x" * (ORDINARY_BYTES // 2 + 1)
        charger.sock.sendall(frame(TEXT, half, fin=False) + frame(0, half))
        assert charger.close_code() == 1009


def test_a_message_of_endless_empty_fragments_closes_with_1009(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(TEXT, b"x", fin=False))
        charger.sock.sendall(frame(0, b"", fin=False) * (MAX_FRAGMENTS + 1))
        assert charger.close_code() == 1009


def test_fragments_make_one_message(server: Served) -> None:
    with connect(server, "/echo") as charger:
        parts = frame(TEXT, b"[2,", fin=False), frame(0, b'"1",', fin=False), frame(0, b'"A"]')
        charger.sock.sendall(b"".join(parts))
        assert charger.text() == '[2,"1","A"]'


def test_an_unmasked_frame_closes_with_1002(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(b"\x81\x01x")
        assert charger.close_code() == 1002


@pytest.mark.parametrize("head", [b"\xfe\x00\x01", b"\xff" + bytes(7) + b"\x01"])
def test_a_length_that_is_not_in_its_shortest_form_closes_with_1002(
    server: Served, head: bytes
) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(b"\x81" + head + b"MASK" + b"x")
        assert charger.close_code() == 1002


def test_text_that_is_not_utf8_reaches_the_application_as_bytes(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(TEXT, b"[2,\xff]"))
        assert charger.text() == r"bytes b'[2,\xff]'"
        charger.send("still here")
        assert charger.text() == "still here"


def test_a_binary_frame_reaches_the_application_as_bytes(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(BINARY, b"[2]"))
        assert charger.text() == "bytes b'[2]'"


def test_an_empty_message_is_a_message_both_ways(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.send("")
        assert charger.text() == ""


def test_a_ping_is_answered_with_its_payload(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(PING, b"are you there"))
        assert charger.read_frame() == (PONG, b"are you there")


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999])
def test_the_application_closes_with_any_code_that_may_be_sent(server: Served, code: int) -> None:
    with connect(server, f"/close/{code}") as charger:
        opcode, payload = charger.read_frame()
        assert (opcode, payload) == (CLOSE, struct.pack("!H", code) + b"because")
        charger.sock.sendall(frame(CLOSE, payload))
        assert charger.read_to_end() == b""
        server.says(f"'type': 'websocket.disconnect', 'code': {code}")


@pytest.mark.parametrize("code", [999, 1005, 1006, 1015, 5000])
def test_a_code_that_may_not_be_sent_is_the_applications_error(server: Served, code: int) -> None:
    with connect(server, f"/close/{code}") as charger:
        assert charger.close_code() == 1011
        server.says(f"ValueError: {code} is not a valid close code")


def test_the_application_learns_the_code_of_the_charger(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(CLOSE, struct.pack("!H", 4321)))
        server.says("disconnect 4321")


def test_a_close_frame_without_a_code_is_a_1005_for_the_application(server: Served) -> None:
    with connect(server, "/echo") as charger:
        charger.sock.sendall(frame(CLOSE, b""))
        server.says("disconnect 1005")


def test_a_lost_connection_is_a_1006_for_the_application(server: Served) -> None:
    connect(server, "/echo").sock.close()
    server.says("disconnect 1006")


def test_a_connection_that_is_reset_right_behind_a_message_is_lost_like_any_other() -> None:
    with serving(look_every_s=0.1) as server:
        charger = connect(server, "/echo")
        server.signal(signal.SIGSTOP)  # so that it finds both at once
        charger.send("hello")
        at_once = struct.pack("ii", 1, 0)
        charger.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        charger.sock.close()
        server.signal(signal.SIGCONT)
        server.says("disconnect 1006")
        assert "Error" not in server.output


def test_an_application_that_returns_closes_its_socket(server: Served) -> None:
    with connect(server, "/leave") as charger:
        assert charger.close_code() == 1000


def test_an_application_that_fails_closes_its_socket_with_1011(server: Served) -> None:
    with connect(server, "/broken/later") as charger:
        assert charger.close_code() == 1011
    server.says("BrokenError: as asked")


def test_a_socket_lives_longer_than_a_day() -> None:
    with serving(look_every_s=0.1) as server, connect(server, "/next-day") as charger:
        charger.send("jump")
        assert charger.text() == "it is tomorrow"
        time.sleep(0.5)  # the server has looked at the age of its sockets a few times
        charger.send("good morning")
        assert charger.text() == "good morning"
