"""Messages about transactions with anything wrong in them: none is refused whose id and meter can
be read.
"""

import asyncio
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chargepoints.models import Message
from tests.fakes import frames
from tests.fakes.mutations import mutated
from tests.faults.scale import scaled
from tests.operated import OperatedCharger, at
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

EXAMPLES = scaled(12, 400, 4000)
DRAWING = ThreadPoolExecutor(1)
UNPACED = 90

TIME = at(minutes=1)
SAMPLED_16 = {
    "value": "7",
    "measurand": "Voltage",
    "phase": "L1",
    "location": "Outlet",
    "unit": "V",
}
SAMPLES_16 = [{"timestamp": TIME, "sampledValue": [{"value": "7"}, SAMPLED_16]}]
SIGNED = dict.fromkeys(["signedMeterData", "signingMethod", "encodingMethod", "publicKey"], "x")
SAMPLED = {
    "value": 7,
    "measurand": "Voltage",
    "unitOfMeasure": {"unit": "V", "multiplier": 0},
    "signedMeterValue": SIGNED,
}
SAMPLES = [{"timestamp": TIME, "sampledValue": [{"value": 7}, SAMPLED]}]
EVENT = {
    "eventType": "Updated",
    "timestamp": TIME,
    "triggerReason": "Trigger",
    "seqNo": 1,
    "offline": False,
    "numberOfPhasesUsed": 3,
    "cableMaxCurrent": 32,
    "reservationId": 5,
    "transactionInfo": {"transactionId": "T-1", "chargingState": "Charging", "remoteStartId": 3},
    "idToken": {
        "idToken": "TAG",
        "type": "Central",
        "additionalInfo": [{"additionalIdToken": "x", "type": "y"}],
    },
    "evse": {"id": 1, "connectorId": 1},
    "meterValue": SAMPLES,
    "customData": {"vendorId": "Acme"},
}
# A message, and what can be read of it.
MESSAGES_16: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "StartTransaction",
        {"connectorId": 1, "idTag": "TAG", "meterStart": 1, "timestamp": TIME, "reservationId": 3},
        {"connectorId", "idTag", "meterStart"},
    ),
    (
        "StopTransaction",
        {
            "transactionId": 5,
            "meterStop": 2,
            "timestamp": TIME,
            "idTag": "TAG",
            "reason": "Local",
            "transactionData": SAMPLES_16,
        },
        {"transactionId", "meterStop"},
    ),
    (
        "MeterValues",
        {"connectorId": 1, "transactionId": 5, "meterValue": SAMPLES_16},
        {"connectorId", "transactionId", "meterValue"},
    ),
]
MESSAGES_201: list[tuple[str, dict[str, Any], set[str]]] = [
    ("TransactionEvent", EVENT | {"eventType": "Started"}, {"transactionInfo", "eventType"}),
    ("TransactionEvent", EVENT, {"transactionInfo", "eventType"}),
    ("TransactionEvent", EVENT | {"eventType": "Ended"}, {"transactionInfo", "eventType"}),
    ("MeterValues", {"evseId": 1, "meterValue": SAMPLES}, {"evseId", "meterValue"}),
]


def trailing_comma(text: str) -> str:
    return re.sub(r"([\]}])$", r",\1", text)


def unquoted_names(text: str) -> str:
    return re.sub(r'"(\w+)":', r"\1:", text)


def single_quotes(text: str) -> str:
    return text if "'" in text or "\\" in text else text.replace('"', "'")


def control_characters(text: str) -> str:
    return text.replace("TAG", "TAG\x10\x0e")


def as_it_is(text: str) -> str:
    return text


# What the text still says one thing with.
DAMAGES = [
    as_it_is,
    as_it_is,
    trailing_comma,
    unquoted_names,
    single_quotes,
    control_characters,
]


@pytest.mark.timeout(120 + EXAMPLES)
@pytest.mark.parametrize(
    ("kind", "protocol", "messages"),
    [
        (OperatedCharger, "ocpp1.6", MESSAGES_16),
        (OperatedStation, "ocpp2.0.1", MESSAGES_201),
        (OperatedStation, "ocpp2.1", MESSAGES_201),
    ],
    ids=["1.6", "2.0.1", "2.1"],
)
async def test_no_message_about_a_transaction_is_refused_whose_id_and_meter_can_be_read(
    gateway: RunningGateway, identity: str, kind: Any, protocol: str, messages: Any
) -> None:
    loop = asyncio.get_running_loop()
    said = 0
    logged = gateway.log.stat().st_size
    async with await kind.connect(gateway, identity, protocol, proactive=False) as cp:

        async def say(action: str, text: str) -> None:
            nonlocal said
            said += 1
            if said % UNPACED == 0:
                await cp.reconnect()
            message_id = str(uuid.uuid4())
            await cp.charger.send_text(f'[2,"{message_id}","{action}",{text}]')
            reply = await cp.charger.stray()
            assert (reply[0], reply[1]) == (frames.CALLRESULT, message_id), (text[:3000], reply)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def send(data: st.DataObject) -> None:
            action, payload, readable = data.draw(st.sampled_from(messages))
            text = data.draw(mutated(payload, frozenset(readable)))
            damage = data.draw(st.sampled_from(DAMAGES))
            asyncio.run_coroutine_threadsafe(say(action, damage(text)), loop).result(60)

        await loop.run_in_executor(DRAWING, send)
        await cp.call("Heartbeat", {})
        failed = Message.objects.filter(charge_point=cp.row, error_code="InternalError")
        assert [message.request[:500] for message in failed] == []
    assert gateway.errors(logged) == []
