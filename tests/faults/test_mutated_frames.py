"""Frames with anything wrong in their text, their envelope or their payload, in every version.

Every CALL that can be read is answered, a message about a transaction with a result; nothing fails,
and no socket is closed. All 30,000 are sent by `make test-slow`.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from chargepoints.gateway.long_messages import ORDINARY_LENGTH
from chargepoints.models import Message
from chargepoints.protocol.versions import OcppVersion, installed_versions
from tests.fakes import frames, payloads
from tests.fakes.mutations import HOSTILE, mutate
from tests.faults.test_mutated_transactions import DAMAGES, MESSAGES_16, MESSAGES_201
from tests.ocpp_v16.test_bad_input import VALID
from tests.operated import OperatedCharger
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

LARGEST = 1e300
SEED = 20_261_130
AT_ONCE = 25
# Batches: with three versions, 30,000 frames.
FEW, ALL = 8, 400
PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
PIECES = [*"[]{}\",:\\'", "\x00", "\ufeff", "\\u0000", "\\ud800", "NaN", "1e400", "9" * 400, "null"]


@dataclass(frozen=True)
class Sent:
    """`result`: it is about a transaction whose id and meter can be read."""

    text: str
    result: bool = False


def sent(rng: Random, version: OcppVersion) -> Sent:
    message_id = an_id(rng)
    if rng.random() < 0.4:
        messages = MESSAGES_16 if version.assumed else MESSAGES_201
        action, payload, readable = rng.choice(messages)
        body = mutate(rng, payload, frozenset(readable))
        kind = rng.choice(["2", "2", '"2"'])
        damage = rng.choice(DAMAGES)
        return Sent(damage(f'[{kind},{message_id},"{action}",{body}]'), result=True)
    action = rng.choice(sorted(version.handlers))
    body = mutate(rng, valid(version, action))
    frame = f"[{a_type(rng, version, action)},{message_id},{json.dumps(action)},{body}]"
    how = rng.choice(["whole", "enveloped", "torn"])
    if how == "enveloped":
        frame = enveloped(rng, message_id, body)
    return Sent(torn(rng, frame) if how == "torn" else frame)


def an_id(rng: Random) -> str:
    """As JSON writes it."""
    if rng.random() < 0.6:
        return json.dumps(str(uuid.UUID(int=rng.getrandbits(128))))
    characters = "".join(rng.choice("aZ9-_ .:/äЖ漢\U0001f50c\"\\'{[") for _ in range(8))
    written: str = rng.choice(
        [
            str(rng.randint(-(2**53), 2**53)),
            str(rng.random() * 1e6),
            json.dumps(characters + str(rng.random())),
            json.dumps(characters * rng.randint(5, 500) + str(rng.random())),
            "null",
            '""',
            rng.choice(HOSTILE[:35]),
        ]
    )
    return written


def a_type(rng: Random, version: OcppVersion, action: str) -> str:
    right = frames.SEND if action in version.schemas.unconfirmed else frames.CALL
    odd = rng.choice(['"2"', "3", "4", "5", "6", "7", "2.0", "null", '"CALL"'])
    return str(right) if rng.random() < 0.8 else odd


def enveloped(rng: Random, message_id: str, body: str) -> str:
    """With other elements, or more or fewer of them."""
    elements = [body, "{}", '"Heartbeat"', '"heartbeat"', '"Nonsense"', *HOSTILE[:35]]
    rest = [rng.choice(elements) for _ in range(rng.randint(0, 4))]
    return f"[{','.join(['2', message_id, *rest])}]"


def torn(rng: Random, frame: str) -> str:
    """A piece of it cut out, put in, or both; or it is cut off, or comes twice."""
    start = rng.randint(0, len(frame))
    end = rng.choice([start, start + 1, start + 7, len(frame)])
    piece: str = rng.choice(["", "", *PIECES])
    return (frame[:start] + piece + frame[end:]) * rng.choice([1, 1, 1, 2])


def valid(version: OcppVersion, action: str) -> dict[str, Any]:
    if version.assumed:
        return VALID[action]
    *_, full = payloads.variations(payloads.schema_of(version.name, _schema(version, action)))
    return full


def _schema(version: OcppVersion, action: str) -> str:
    return action if action in version.schemas.unconfirmed else f"{action}Request"


def readable_id(text: str) -> Any:
    """A tuple with the id of a CALL that anybody can read, and so has to be answered."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, list) or len(frame) < 2 or frame[0] not in (2, "2"):
        return None
    kind, named = frame[:2]
    if isinstance(kind, bool | float) or isinstance(named, bool | list | dict):
        return None
    if isinstance(named, str) and ("\x00" in named or not named.isprintable()):
        return None
    number = isinstance(named, int | float)
    # What no double holds has no form that it could come back in.
    return None if number and not abs(named) < LARGEST else (named,)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_mutated_frames_are_answered_and_the_socket_stays(
    gateway: RunningGateway, identity: str, protocol: str
) -> None:
    await send_batches(gateway, identity, protocol, FEW, reconnects=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_ten_thousand_mutated_frames_are_answered_and_the_socket_stays(
    start_gateway: Callable[..., RunningGateway], identity: str, protocol: str
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    await send_batches(gateway, identity, protocol, ALL, reconnects=False)


async def send_batches(
    gateway: RunningGateway, identity: str, protocol: str, batches: int, *, reconnects: bool
) -> None:
    """`reconnects`: before each, as a socket has to keep its pace after some."""
    version = installed_versions()[protocol]
    connect = OperatedCharger.connect if version.assumed else OperatedStation.connect
    logged = gateway.log.stat().st_size
    async with await connect(gateway, identity, protocol, proactive=False) as cp:

        async def say(batch: list[Sent]) -> None:
            if reconnects:
                await cp.reconnect()
            for each in batch:
                await cp.charger.send_text(each.text)
            last = str(uuid.uuid4())
            await cp.charger.send_text(f'[2,"{last}","Heartbeat",{{}}]')
            replies = await replies_before(cp, last)
            check(batch, replies)

        rng = Random(SEED)
        for _ in range(batches):
            batch = [sent(rng, version) for _ in range(AT_ONCE)]
            # A longer one may close its socket.
            await say([each for each in batch if len(each.text.encode()) < ORDINARY_LENGTH])
        failed = Message.objects.filter(charge_point=cp.row, error_code="InternalError")
        assert [message.request[:500] for message in failed] == []
    assert gateway.errors(logged) == []


async def replies_before(cp: OperatedCharger, last: str) -> list[Any]:
    replies = []
    while (reply := await cp.charger.stray(within=60))[1] != last:
        replies.append(reply)
    return replies


def check(batch: list[Sent], replies: list[Any]) -> None:
    answers: dict[str, list[Any]] = {}
    for reply in replies:
        answers.setdefault(key(reply[1]), []).append(reply)
    for each in batch:
        if (named := readable_id(each.text)) is None:
            continue
        said = answers.get(key(named[0]), [])
        assert said, f"not answered: {each.text[:2000]}"
        if each.result:
            assert frames.CALLRESULT in [reply[0] for reply in said], (each.text[:3000], said)


def key(message_id: Any) -> str:
    """What a charger would compare: its numbers may be doubles."""
    number = isinstance(message_id, int | float)
    return json.dumps(float(message_id) if number else message_id)
