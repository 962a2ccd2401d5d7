"""Compressed messages (RFC 7692): for whom the application allows it, and within the bounds."""

import json
import socket
import zlib
from typing import Any

import pytest

from connect_site.server.compression import NAME, readable_offer
from tests.connect_site.raw_client import TEXT, RawSocket, frame, handshake
from tests.fakes.charger import basic_authorization
from tests.operated import BOOT_16
from tests.operated_station import BOOT
from tests.running_gateway import KEY, RunningGateway

PROTOCOL_ERROR, INVALID, TOO_BIG = 1002, 1007, 1009
OFFER = "permessage-deflate; client_max_window_bits"
TAKEN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def connected(
    gateway: RunningGateway, identity: str, offer: str = OFFER, protocol: str = "ocpp2.0.1"
) -> RawSocket:
    client = RawSocket(socket.create_connection(("127.0.0.1", gateway.port), timeout=10))
    lines = [
        f"Authorization: {basic_authorization(identity, KEY)}",
        f"Sec-WebSocket-Protocol: {protocol}",
        f"Sec-WebSocket-Extensions: {offer}",
    ]
    client.sock.sendall(handshake(f"/ocpp/{identity}", *lines))
    client.read_response()
    assert client.status == 101
    return client


def taken(client: RawSocket) -> str | None:
    return client.headers.get("sec-websocket-extensions")


def compressed(text: str) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    data = deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return flagged(frame(TEXT, data[:-4]))


def flagged(whole: bytes) -> bytes:
    return bytes([whole[0] | 0x40]) + whole[1:]


def call(client: RawSocket, action: str, payload: Any) -> Any:
    client.sock.sendall(compressed(json.dumps([2, action, action, payload])))
    return json.loads(client.text())


def test_a_station_that_offers_it_may_compress_what_it_sends(
    gateway: RunningGateway, identity: str
) -> None:
    """2.0.1 part 4, 3.3."""
    gateway.register(identity)
    with connected(gateway, identity) as client:
        assert taken(client) == TAKEN
        assert call(client, "BootNotification", BOOT)[2]["status"] == "Accepted"
        assert call(client, "Heartbeat", {})[0] == 3
        client.send('[2,"plain","Heartbeat",{}]')
        assert json.loads(client.text())[:2] == [3, "plain"]


def test_a_charger_of_1_6_may_by_setting_only(gateway: RunningGateway, identity: str) -> None:
    row = gateway.register(identity)
    with connected(gateway, identity, protocol="ocpp1.6") as client:
        assert taken(client) is None
    set_by_hand(row, compression=True)
    with connected(gateway, identity, protocol="ocpp1.6") as client:
        assert taken(client) == TAKEN
        assert call(client, "BootNotification", BOOT_16)[2]["status"] == "Accepted"


def test_one_whose_frames_are_wrong_with_it_is_given_none(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    set_by_hand(row, compression=False)
    with connected(gateway, identity) as client:
        assert taken(client) is None
        client.sock.sendall(compressed('[2,"1","Heartbeat",{}]'))
        assert client.close_code() == PROTOCOL_ERROR


def set_by_hand(row: Any, **settings: Any) -> None:
    row.quirks = {"profiles": [], "settings": settings}
    row.save(update_fields=["quirks"])


def test_what_is_too_large_when_inflated_closes_its_socket(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    with connected(gateway, identity) as client:
        call(client, "BootNotification", BOOT)
        bomb = compressed(json.dumps([2, "1", "DataTransfer", {"data": " " * 20_000_000}]))
        assert len(bomb) < 110_000
        client.sock.sendall(bomb)
        assert client.close_code() == TOO_BIG
    with connected(gateway, identity) as client:
        client.sock.sendall(flagged(frame(TEXT, b"\xff\xff not deflated")))
        assert client.close_code() == INVALID


def test_a_long_message_about_a_transaction_may_be_compressed(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    sample = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": 1}]}
    with connected(gateway, identity) as client:
        call(client, "BootNotification", BOOT)
        values = {"evseId": 1, "meterValue": [sample] * 3000}
        assert call(client, "MeterValues", values) == [3, "MeterValues", {}]


@pytest.mark.parametrize(
    ("offers", "readable"),
    [
        (["permessage-deflate"], "permessage-deflate"),
        (["x-webkit-deflate-frame, permessage-deflate"], "permessage-deflate"),
        ([f'{NAME}; server_max_window_bits="10"'], f"{NAME}; server_max_window_bits=10"),
        ([f"{NAME}; server_max_window_bits=99, {NAME}"], NAME),
        (["permessage-deflate; server_max_window_bits=8"], None),
        (["permessage-deflate; odd"], None),
        (["permessage-deflate; client_max_window_bits; client_max_window_bits"], None),
        (["permessage-bzip2"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_first_offer_that_is_right_counts(offers: list[str], readable: str | None) -> None:
    found = readable_offer([offer.encode() for offer in offers])
    assert (found and found.decode()) == readable
