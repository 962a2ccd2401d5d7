"""Messages of every kind with anything wrong in them: answered, and nothing fails for it.

`--hypothesis-profile=thorough` (in `make faults`) sends more than 10,000.
"""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from chargepoints.gateway.long_messages import ORDINARY_LENGTH
from chargepoints.models import Message
from ocpp_v16.version import VERSION
from tests.fakes import frames
from tests.fakes.mutations import mutated
from tests.ocpp_v16.requests import ANSWERS, COMMANDS
from tests.ocpp_v16.test_bad_input import VALID
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

THOROUGH = settings().max_examples >= 400


def examples(few: int, many: int) -> settings:
    return settings(
        max_examples=many if THOROUGH else few,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


# One thread for all tests: Hypothesis collects garbage when it first draws in a new one.
DRAWING = ThreadPoolExecutor(1)
# So many messages a socket takes before it has to keep its pace.
UNPACED = 90
# OCPP-J 1.6, 4.2.3: what may be wrong with a payload, in the words of the errata.
REFUSALS = {
    "FormationViolation",
    "OccurenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("action", sorted(VERSION.handlers))
async def test_whatever_a_charger_sends_is_answered_and_the_socket_stays(
    gateway: RunningGateway, identity: str, action: str
) -> None:
    loop = asyncio.get_running_loop()
    said = 0
    async with await OperatedCharger.connect(gateway, identity, proactive=False) as cp:

        async def say(text: str) -> None:
            nonlocal said
            said += 1
            if said % UNPACED == 0:
                await cp.reconnect()
            message_id = str(uuid.uuid4())
            await cp.charger.send_text(f'[2,"{message_id}","{action}",{text}]')
            reply = await cp.charger.stray()
            assert reply[1] == message_id, (text[:500], reply)
            assert reply[0] == frames.CALLRESULT or reply[2] in REFUSALS, (text[:500], reply)

        @examples(6, 720)
        # Drawn within: Hypothesis cannot show a text of 150 kB as an argument.
        @given(st.data())
        def send(data: st.DataObject) -> None:
            text = data.draw(mutated(VALID[action]))
            assume(len(text) < ORDINARY_LENGTH - 100)  # a longer one closes its socket
            asyncio.run_coroutine_threadsafe(say(text), loop).result(30)

        await loop.run_in_executor(DRAWING, send)
        await cp.call("Heartbeat", {})
        failed = Message.objects.filter(charge_point=cp.row, error_code="InternalError")
        assert [message.request[:500] for message in failed] == []


@pytest.mark.parametrize("action", sorted(VERSION.csms_actions))
async def test_whatever_a_charger_answers_ends_the_command_and_the_socket_stays(
    gateway: RunningGateway, identity: str, action: str
) -> None:
    loop = asyncio.get_running_loop()
    type, args, _ = COMMANDS[action]
    good = ANSWERS.get(action, {"status": "Accepted"})
    async with await OperatedCharger.connect(gateway, identity, proactive=False) as cp:

        async def ask(text: str) -> None:
            posted = asyncio.create_task(cp.post(type, args, wait="ack", timeout_s=10))
            message_id, _ = await cp.charger.expect_call(action)
            await cp.charger.send_text(f'[3,"{message_id}",{text}]')
            command = (await posted).json()
            assert command["state"] in ("accepted", "rejected", "effect_confirmed"), (
                text[:500],
                command["state"],
            )

        @examples(2, 40)
        @given(st.data())
        def answer(data: st.DataObject) -> None:
            text = data.draw(mutated(good))
            assume(len(text) < ORDINARY_LENGTH - 100)
            asyncio.run_coroutine_threadsafe(ask(text), loop).result(30)

        await loop.run_in_executor(DRAWING, answer)
        await cp.call("Heartbeat", {})


@given(st.data())
def test_the_mutations_are_of_every_kind(data: st.DataObject) -> None:
    text = data.draw(mutated(VALID["MeterValues"]))
    assert text.startswith("{")
    assert text != json.dumps(VALID["MeterValues"])
