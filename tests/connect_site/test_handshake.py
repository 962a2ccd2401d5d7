"""The handshake: refusals that a charger understands, and odd requests that are let through."""

import json
import socket

import pytest

from tests.connect_site.process import Served, serving
from tests.connect_site.raw_client import TEXT, RawSocket, frame, handshake, request


def scope_of(client: RawSocket) -> dict[str, object]:
    assert client.status == 101
    scope: dict[str, object] = json.loads(client.text())
    client.sock.close()
    return scope


@pytest.mark.parametrize("status", [400, 401, 404, 429, 503])
def test_a_refusal_carries_the_status_headers_and_body_of_the_application(
    server: Served, status: int
) -> None:
    with request(server, handshake(f"/deny/{status}")) as client:
        assert client.status == status
        assert client.headers["www-authenticate"] == 'Basic realm="ocpp"'
        assert client.headers["retry-after"] == "7"
        assert client.headers["content-length"] == "7"
        assert client.read_to_end() == b"go away"


def test_a_close_before_the_accept_is_a_403(server: Served) -> None:
    with request(server, handshake("/reject")) as client:
        assert client.status == 403


def test_a_subprotocol_that_was_not_offered_fails_at_once(server: Served) -> None:
    with request(server, handshake("/unoffered", "Sec-WebSocket-Protocol: ocpp1.6")) as client:
        assert client.status == 500


def test_an_application_that_fails_in_the_handshake_is_a_500(server: Served) -> None:
    with request(server, handshake("/broken/now")) as client:
        assert client.status == 500


def test_the_first_offered_subprotocol_is_echoed(server: Served) -> None:
    offer = "Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6"
    with request(server, handshake("/echo", offer)) as client:
        assert client.headers["sec-websocket-protocol"] == "ocpp2.0.1"


def test_no_subprotocol_is_echoed_where_none_was_offered(server: Served) -> None:
    with request(server, handshake("/echo")) as client:
        assert client.status == 101
        assert "sec-websocket-protocol" not in client.headers


def test_subprotocols_are_passed_on_once_each_whatever_was_offered(server: Served) -> None:
    lines = ["Sec-WebSocket-Protocol: ocpp1.6,ocpp1.6, , \xe4", "Sec-WebSocket-Protocol: ocpp2.0.1"]
    with request(server, handshake("/scope", *lines)) as client:
        assert scope_of(client)["subprotocols"] == ["ocpp1.6", "ocpp2.0.1"]


@pytest.mark.parametrize("divider", ["; ", ";", " "])
def test_subprotocols_with_other_dividers_are_passed_on_whole_and_in_parts(
    server: Served, divider: str
) -> None:
    offered = f"ocpp1.6{divider}ocpp2.0.1"
    with request(server, handshake("/scope", f"Sec-WebSocket-Protocol: {offered}")) as client:
        assert scope_of(client)["subprotocols"] == [offered, "ocpp1.6", "ocpp2.0.1"]


def test_fifteen_hundred_subprotocols_are_let_through_to_the_application(server: Served) -> None:
    names = ",".join(f"v{number}" for number in range(1500))
    with request(server, handshake("/scope", f"Sec-WebSocket-Protocol: {names}")) as client:
        subprotocols = scope_of(client)["subprotocols"]
    assert isinstance(subprotocols, list)
    assert len(subprotocols) == 1500


@pytest.mark.parametrize("line", [b"", b"Connection: keep-alive\r\n"])
def test_who_names_the_protocol_alone_means_to_upgrade(server: Served, line: bytes) -> None:
    plain = handshake("/echo").replace(b"Connection: Upgrade\r\n", line)
    with request(server, plain) as client:
        assert client.status == 101


@pytest.mark.parametrize(
    "lines",
    [
        ["Origin: http://elsewhere.test"],
        ["Origin: nonsense"],
        ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99"],
        ["User-Agent: \xe4\xf6"],
    ],
)
def test_what_does_not_matter_to_a_charger_is_not_checked(server: Served, lines: list[str]) -> None:
    with request(server, handshake("/echo", *lines)) as client:
        assert client.status == 101
        assert "sec-websocket-extensions" not in client.headers


@pytest.mark.parametrize("host", [None, "", "connect.test", "connect.test:", "[::1]:9", "a:b:c"])
def test_any_host_header_will_do(server: Served, host: str | None) -> None:
    with request(server, handshake("/echo", host=host)) as client:
        assert client.status == 101


@pytest.mark.parametrize(
    ("target", "path", "raw_path"),
    [
        ("/scope/CP%201", "/scope/CP 1", "/scope/CP%201"),
        ("/scope//CP1", "/scope//CP1", "/scope//CP1"),
        ("//scope/CP1", "//scope/CP1", "//scope/CP1"),
        ("/scope/CP1/?x=1", "/scope/CP1/", "/scope/CP1/"),
        ("/scope/CP;1", "/scope/CP;1", "/scope/CP;1"),
        ("/scope/CP1#top", "/scope/CP1", "/scope/CP1"),
        ("/scope/a%2fb", "/scope/a/b", "/scope/a%2fb"),
        ("/scope/%ff", "/scope/\N{REPLACEMENT CHARACTER}", "/scope/%ff"),
        ("ws://connect.test/scope/CP1", "/scope/CP1", "/scope/CP1"),
        ("ws://[::1/scope/CP1", "/scope/CP1", "/scope/CP1"),
    ],
)
def test_the_path_reaches_the_application_as_it_was_sent(
    server: Served, target: str, path: str, raw_path: str
) -> None:
    with request(server, handshake(target)) as client:
        scope = scope_of(client)
    assert scope["path"] == path
    assert scope["raw_path"] == raw_path


def test_the_scope_has_what_asgi_asks_for(server: Served) -> None:
    with request(server, handshake("/scope/CP1?a=b", "Authorization: Basic eDp5")) as client:
        scope = scope_of(client)
    assert scope["type"] == "websocket"
    assert scope["scheme"] == "ws"
    assert scope["query_string"] == "a=b"
    extensions = scope["extensions"]
    assert isinstance(extensions, dict)
    assert set(extensions) == {
        "websocket.http.response",
        "connect.compression",
        "connect.keepalive",
        "connect.long_messages",
        "connect.no_close_frame",
    }
    assert ["authorization", "Basic eDp5"] in scope["headers"]  # type: ignore[operator]
    assert scope["client"][0] == "127.0.0.1"  # type: ignore[index]


FORWARDED = [
    "X-Forwarded-For: 203.0.113.1, 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Client-Cert-Subject: CN=CP1",
    "Daphne-Root-Path: /evil",
]


def test_forwarded_headers_from_a_charger_itself_are_removed(server: Served) -> None:
    with request(server, handshake("/scope", *FORWARDED)) as client:
        scope = scope_of(client)
    assert scope["client"][0] == "127.0.0.1"  # type: ignore[index]
    assert scope["scheme"] == "ws"
    assert scope["root_path"] == ""
    text = json.dumps(scope["headers"])
    assert "forwarded" not in text
    assert "client-cert" not in text


def test_forwarded_headers_that_come_through_the_unix_socket_are_believed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    unix = str(tmp_path_factory.mktemp("unix") / "s")
    with serving(unix=unix) as server:
        with request(server, handshake("/scope", *FORWARDED), unix=unix) as client:
            scope = scope_of(client)
        get = "\r\n".join(
            ["GET /page HTTP/1.1", "Host: x", *FORWARDED, "Connection: close", "", ""]
        )
        with request(server, get.encode(), unix=unix) as client:
            page = json.loads(client.read_to_end())
    assert scope["client"] == ["198.51.100.7", 0]
    assert scope["scheme"] == "wss"
    assert ["x-client-cert-subject", "CN=CP1"] in scope["headers"]  # type: ignore[operator]
    assert page["client"] == "['198.51.100.7', 0]"
    assert page["scheme"] == "https"
    assert page["root_path"] == ""


def test_forwarded_headers_of_an_http_request_are_removed_too(server: Served) -> None:
    get = "\r\n".join(["GET /page HTTP/1.1", "Host: x", *FORWARDED, "Connection: close", "", ""])
    with request(server, get.encode()) as client:
        page = json.loads(client.read_to_end())
    assert page["client"].startswith("['127.0.0.1'")
    assert page["scheme"] == "http"
    assert "forwarded" not in page["headers"]


def test_an_http_request_may_name_the_host_in_its_target(server: Served) -> None:
    get = (
        b"GET http://connect.test/page?status=404 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    with request(server, get) as client:
        assert client.status == 404
        assert json.loads(client.read_to_end())["path"] == "/page"


def test_a_handshake_that_is_none_is_a_400_with_a_reason(server: Served) -> None:
    data = handshake("/echo").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short")
    with request(server, data) as client:
        assert client.status == 400
        assert b"Sec-WebSocket-Key" in client.read_to_end()


def test_a_handshake_with_a_body_is_a_400(server: Served) -> None:
    data = handshake("/echo", "Content-Length: 6") + frame(TEXT, b"")
    with request(server, data) as client:
        assert client.status == 400


@pytest.mark.parametrize("text", ["[2,1]", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_what_comes_right_behind_a_handshake_is_read_after_it(server: Served, text: str) -> None:
    unmasked = b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text.encode()
    with request(server, handshake("/echo") + unmasked + frame(TEXT, b"more")) as client:
        assert client.status == 101
        assert [client.text(), client.text()] == [text, "more"]


@pytest.mark.parametrize(("status", "phrase"), [(404, b"Not Found"), (429, b"Too Many Requests")])
def test_every_status_is_called_by_its_name(server: Served, status: int, phrase: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /page?status=%d HTTP/1.1\r\nHost: x\r\n\r\n" % status)
        assert client.recv(1000).splitlines()[0] == b"HTTP/1.1 %d %s" % (status, phrase)


def test_a_body_beyond_the_limit_is_a_413(server: Served) -> None:
    length = 65 * 1024 * 1024
    head = f"POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    with request(server, head.encode() + bytes(length)) as client:
        assert client.status == 413
