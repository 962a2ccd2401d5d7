"""Handshakes that no WebSocket client sends: refused with a row for staff, or understood."""

import asyncio
import base64

import pytest

from chargepoints.models import Connection, HandshakeRefusal
from tests.chargepoints.gateway.test_handshakes import another_address
from tests.fakes.charger import basic_authorization
from tests.running_gateway import KEY, RunningGateway

WEBSOCKET_KEY = base64.b64encode(bytes(16)).decode()


async def raw_handshake(
    gateway: RunningGateway, identity: str, *lines: str, source: str
) -> tuple[str, str]:
    """The gateway's status line and headers for a handshake that no client would send,
    and the body of a refusal.
    """
    request = [
        f"GET /ocpp/{identity} HTTP/1.1",
        "Host: charger.test",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Authorization: {basic_authorization(identity, KEY)}",
        *lines,
    ]
    port = int(gateway.url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write("\r\n".join([*request, "", ""]).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    switched = head.startswith("HTTP/1.1 101 ")
    body = b"" if switched else await reader.read()
    writer.close()
    return head, body.decode()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Sec-WebSocket-Key: short", "bad Sec-WebSocket-Key"),
        ("X-No-Key: at-all", "Sec-WebSocket-Key header missing"),
    ],
)
async def test_a_handshake_that_is_none_of_a_websocket_is_a_400_with_a_row(
    gateway: RunningGateway, identity: str, line: str, told: str
) -> None:
    gateway.register(identity)
    source = another_address()
    for _ in range(2):
        head, body = await raw_handshake(gateway, identity, line, source=source)
        assert head.startswith("HTTP/1.1 400 ") and told in body
    row = HandshakeRefusal.objects.get(identity=identity)
    assert (row.reason, row.status_code, row.count) == ("bad_handshake", 400, 2)
    assert (row.path, row.user, row.address) == (f"/ocpp/{identity}", identity, source)
    assert told in row.remedy
    assert not Connection.objects.filter(charge_point__identity=identity).exists()


@pytest.mark.parametrize(
    ("offered", "version"),
    [
        ("ocpp1.6;ocpp1.5", "ocpp1.6"),
        ("ocpp1.6 ; ocpp2.0.1", "ocpp2.0.1"),
        ("ocpp1.6 x", "ocpp1.6"),
    ],
)
async def test_versions_may_be_divided_by_semicolons_or_blanks(
    gateway: RunningGateway, identity: str, offered: str, version: str
) -> None:
    row = gateway.register(identity)
    lines = [f"Sec-WebSocket-Key: {WEBSOCKET_KEY}", f"Sec-WebSocket-Protocol: {offered}"]
    head, _ = await raw_handshake(gateway, identity, *lines, source=another_address())
    assert head.startswith("HTTP/1.1 101 ")
    assert f"sec-websocket-protocol: {version}\r\n" in head.lower()
    connection = Connection.objects.get(charge_point=row)
    assert (connection.protocol, connection.deviations) == (version, ["odd_subprotocol"])


async def test_a_strict_charger_divides_versions_by_commas(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity, strict=True)
    lines = [f"Sec-WebSocket-Key: {WEBSOCKET_KEY}", "Sec-WebSocket-Protocol: ocpp1.6;ocpp1.5"]
    head, _ = await raw_handshake(gateway, identity, *lines, source=another_address())
    assert "sec-websocket-protocol" not in head.lower()
    assert not Connection.objects.filter(charge_point=row).exists()
    assert HandshakeRefusal.objects.get(identity=identity).reason == "no_common_protocol"


async def test_bad_handshakes_of_ever_new_identities_fill_no_table(
    gateway: RunningGateway, identity: str
) -> None:
    source = another_address()
    for number in range(60):
        head, _ = await raw_handshake(
            gateway, f"{identity}-{number}", "Sec-WebSocket-Key: short", source=source
        )
        assert head.startswith("HTTP/1.1 400 ")
    refused = HandshakeRefusal.objects.filter(address=source)
    assert refused.filter(reason="bad_handshake").count() == 20
    assert refused.filter(reason="too_many_failures").count() == 20
