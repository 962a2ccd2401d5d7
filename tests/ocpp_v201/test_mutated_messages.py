"""Messages of every kind with anything wrong in them: answered, and nothing fails for it.

`--hypothesis-profile=thorough` (in `make faults`) sends more than 10,000. With
`STATION_PROTOCOL=ocpp2.1` they are those of 2.1.
"""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from chargepoints.gateway.long_messages import ORDINARY_LENGTH
from chargepoints.models import Message
from tests.fakes import frames, payloads
from tests.fakes.mutations import mutated
from tests.operated_station import VERSION, OperatedStation
from tests.running_gateway import RunningGateway

THOROUGH = settings().max_examples >= 400
# Hypothesis collects garbage when it first draws in a new thread.
DRAWING = ThreadPoolExecutor(1)
# So many messages a socket takes before it has to keep its pace.
UNPACED = 90
# Part 4, 4.3: what may be wrong with a payload.
REFUSALS = {
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
}
ENDS = ("accepted", "rejected", "effect_confirmed", "no_effect")


def examples(few: int, many: int) -> settings:
    return settings(
        max_examples=many if THOROUGH else few,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def full(name: str) -> dict[str, Any]:
    """A payload with all that its schema knows."""
    *_, payload = payloads.variations(payloads.schema_of(VERSION.name, name))
    return payload


def drawn(data: st.DataObject, payload: dict[str, Any]) -> str:
    text = data.draw(mutated(payload))
    assume(len(text) < ORDINARY_LENGTH - 100)  # a longer one closes its socket
    return text


@pytest.mark.timeout(300)
@pytest.mark.parametrize("action", sorted(VERSION.handlers.keys() - VERSION.schemas.unconfirmed))
async def test_whatever_a_station_sends_is_answered_and_the_socket_stays(
    gateway: RunningGateway, identity: str, action: str
) -> None:
    loop = asyncio.get_running_loop()
    good = full(f"{action}Request")
    logged, said = gateway.log.stat().st_size, 0
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:

        async def say(text: str) -> None:
            nonlocal said
            said += 1
            if said % UNPACED == 0:
                await station.reconnect()
            message_id = str(uuid.uuid4())
            await station.charger.send_text(f'[2,"{message_id}","{action}",{text}]')
            reply = await station.charger.stray()
            assert reply[1] == message_id, (text[:500], reply)
            assert reply[0] == frames.CALLRESULT or reply[2] in REFUSALS, (text[:500], reply)

        @examples(2, 300)
        @given(st.data())
        def send(data: st.DataObject) -> None:
            asyncio.run_coroutine_threadsafe(say(drawn(data, good)), loop).result(30)

        await loop.run_in_executor(DRAWING, send)
        await station.call("Heartbeat", {})
        failed = Message.objects.filter(charge_point=station.row, error_code="InternalError")
        assert [message.request[:500] for message in failed] == []
    assert gateway.errors(logged) == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("action", sorted(VERSION.csms_actions))
async def test_whatever_a_station_answers_ends_the_command_and_the_socket_stays(
    gateway: RunningGateway, identity: str, action: str
) -> None:
    loop = asyncio.get_running_loop()
    args = {"action": action, "payload": full(f"{action}Request")}
    good = full(f"{action}Response")
    logged = gateway.log.stat().st_size
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:

        async def ask(text: str) -> None:
            posted = asyncio.create_task(station.post("raw", args, wait="ack", timeout_s=10))
            message_id, _ = await station.charger.expect_call(action)
            await station.charger.send_text(f'[3,"{message_id}",{text}]')
            command = (await posted).json()
            assert command["state"] in ENDS, (text[:500], command)

        @examples(1, 40)
        @given(st.data())
        def answer(data: st.DataObject) -> None:
            asyncio.run_coroutine_threadsafe(ask(drawn(data, good)), loop).result(30)

        await loop.run_in_executor(DRAWING, answer)
        await station.call("Heartbeat", {})
    assert gateway.errors(logged) == []
