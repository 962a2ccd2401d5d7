"""Whatever comes over the socket: no traceback, every readable CALL answered, the socket alive."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connect_site.raw_client import PING, PONG, TEXT, RawSocket, frame, handshake
from tests.fakes.charger import RawCharger, basic_authorization
from tests.faults.scale import scaled
from tests.operated import BOOT_16
from tests.operated_station import BOOT
from tests.running_gateway import KEY, RunningGateway

FRAMES_EACH = 40
EXAMPLES = scaled(3, 85, 850)
PROTOCOL_ERROR = 1002

many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ACTIONS = [
    "Heartbeat",
    "StatusNotification",
    "MeterValues",
    "StopTransaction",
    "TransactionEvent",
    "NotifyEvent",
    "Reset",
    "heartbeat",
]
PIECES = [*',[{"\x00\ufeff', "", "\\u0000", "\\ud800", "NaN", "1e400", "9" * 5000]
words = st.sampled_from(["2", "3", "4", "", "-1", *ACTIONS]) | st.text(max_size=40)
types = [2, 3, 4, 5, 6]
numbers = st.integers(-(2**70), 2**70) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
calls = st.tuples(st.just(2), words, st.sampled_from(ACTIONS) | words, values)
envelopes = calls | st.lists(values, max_size=6) | st.tuples(st.sampled_from(types), values)


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A frame with a piece cut out or put in."""
    text = json.dumps(draw(envelopes))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=10)) + text[end:]


nested = st.integers(1, 100_000).map(lambda depth: '[2,"deep","Heartbeat",' + "[" * depth)
wide = st.integers(1, 40_000).map(lambda n: '[2,"wide","Heartbeat",[' + "1," * n + "1]]")
texts = envelopes.map(json.dumps) | torn() | st.text(max_size=200) | nested | wide
frames = texts | st.binary(max_size=200)


def readable_call(sent: str | bytes) -> str | None:
    """The id of a CALL that anybody can read, and so has to be answered."""
    try:
        call = json.loads(sent)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, list) or len(call) != 4 or type(call[0]) is not int or call[0] != 2:
        return None
    message_id, action = call[1], call[2]
    plain = isinstance(message_id, str) and message_id.isalnum() and message_id.isascii()
    return message_id if plain and len(message_id) <= 36 and isinstance(action, str) else None


async def answered_before(charger: RawCharger, last: str) -> set[str]:
    """The ids of all that is answered up to the reply to `last`."""
    ids = set()
    while True:
        reply = await charger.stray()
        ids.add(reply[1])
        if reply[1] == last:
            return ids


# One by one, as 1.6 asks no answer to what has no id.
@pytest.mark.timeout(120 + 3 * EXAMPLES)
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
@many
@given(sent=st.lists(frames, min_size=FRAMES_EACH, max_size=FRAMES_EACH))
async def test_every_readable_call_is_answered_and_the_socket_stays(
    quick: RunningGateway, identity: str, protocol: str, sent: list[str | bytes]
) -> None:
    logged = quick.log.stat().st_size
    async with await quick.connect(identity, protocol) as charger:
        await charger.call("BootNotification", BOOT_16 if protocol == "ocpp1.6" else BOOT)
        for each in sent:
            await charger.send_text(each)
        await charger.send_text('[2,"the last one","Heartbeat",{}]')
        ids = await answered_before(charger, "the last one")
    wanted = {message_id for each in sent if (message_id := readable_call(each))}
    assert wanted - ids == set()
    assert quick.errors(logged) == []


@pytest.fixture
def quick(
    start_gateway: Callable[..., RunningGateway], gateway: RunningGateway, identity: str
) -> RunningGateway:
    """Where it is about many frames, a server without a pace."""
    found = start_gateway(CHARGER_MESSAGES_PER_SECOND="0") if EXAMPLES > 10 else gateway
    found.register(identity)
    return found


# --- Below OCPP: the bytes of the WebSocket ------------------------------------------------------


def connected(gateway: RunningGateway, identity: str, *lines: str) -> RawSocket:
    client = RawSocket(socket.create_connection(("127.0.0.1", gateway.port), timeout=10))
    authorization = f"Authorization: {basic_authorization(identity, KEY)}"
    protocol = "Sec-WebSocket-Protocol: ocpp1.6"
    client.sock.sendall(handshake(f"/ocpp/{identity}", authorization, protocol, *lines))
    client.read_response()
    assert client.status == 101
    return client


def heartbeat(client: RawSocket) -> Any:
    client.send('[2,"beat","Heartbeat",{}]')
    return json.loads(client.text())


def test_compression_that_is_offered_is_not_taken(gateway: RunningGateway, identity: str) -> None:
    """So that nothing can be sent that is larger than it looks."""
    gateway.register(identity)
    deflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    with connected(gateway, identity, deflate) as client:
        assert "sec-websocket-extensions" not in client.headers
        compressed = bytearray(frame(TEXT, b"\xaa\x02\x00"))
        compressed[0] |= 0x40
        client.sock.sendall(compressed)
        assert client.close_code() == PROTOCOL_ERROR


def test_a_message_in_fragments_with_a_ping_in_its_midst_is_one_message(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    with connected(gateway, identity) as client:
        parts = [
            frame(TEXT, b'[2,"beat",', fin=False),
            frame(PING, b"there?"),
            frame(0, b'"Heartbeat",{}]'),
        ]
        client.sock.sendall(b"".join(parts))
        assert client.read_frame() == (PONG, b"there?")
        assert json.loads(client.text())[:2] == [3, "beat"]


@pytest.mark.parametrize(
    "odd",
    [
        frame(3, b"a data frame of an unknown kind"),
        frame(11, b"a control frame of an unknown kind"),
        frame(PING, b"x" * 126),
        frame(PING, b"half a ping", fin=False),
        frame(0, b"the end of nothing"),
        frame(TEXT, b"[2,", fin=False) + frame(TEXT, b"another"),
        b"\x81\xff" + b"\xff" * 8 + b"mask",
    ],
    ids=["data", "control", "long ping", "half a ping", "no start", "two starts", "2^64 long"],
)
def test_what_is_no_websocket_frame_closes_its_own_socket_alone(
    gateway: RunningGateway, identity: str, odd: bytes
) -> None:
    other = f"{identity}-other"
    gateway.register(identity)
    gateway.register(other)
    with connected(gateway, other) as neighbour, connected(gateway, identity) as client:
        client.sock.sendall(odd)
        assert client.close_code() in (PROTOCOL_ERROR, 1009)
        assert heartbeat(neighbour)[0] == 3
    with connected(gateway, identity) as again:
        assert heartbeat(again)[0] == 3


@pytest.mark.timeout(120 + EXAMPLES)
@many
@given(st.binary(min_size=1, max_size=2000))
def test_bytes_at_random_harm_nobody(gateway: RunningGateway, data: bytes) -> None:
    logged = gateway.log.stat().st_size
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as client:
        client.sendall(data)
    assert gateway.errors(logged) == []
