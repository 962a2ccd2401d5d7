"""Every message, with each optional field present and absent, in both directions."""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chargepoints.models import Message
from tests.fakes import frames, payloads
from tests.operated_station import VERSION, OperatedStation
from tests.running_gateway import RunningGateway

# An example is a message over a socket to a database: a twentieth as many as elsewhere.
EXAMPLES = settings(
    max_examples=max(settings().max_examples // 20, 1),
    deadline=None,
    # The charger repeats nothing: an example may only be told once.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def schema(action: str) -> payloads.Schema:
    return payloads.schema_of(VERSION.name, f"{action}Request")


@pytest.mark.parametrize("action", sorted(VERSION.handlers.keys() - VERSION.schemas.unconfirmed))
async def test_a_station_may_send_it_with_and_without(
    gateway: RunningGateway, identity: str, action: str, schema: payloads.Schema
) -> None:
    """The answer fits its schema: the charger of the tests sees to that."""
    async with await OperatedStation.connect(gateway, identity) as station:
        for payload in payloads.variations(schema):
            frame = await station.charger.call(action, payload)
            assert frame[0] == frames.CALLRESULT, (payload, frame)
        traces = Message.objects.filter(charge_point=station.row, action=action)
        odd = {deviation for trace in traces for deviation in trace.deviations if ":" in deviation}
        assert odd == set()


@pytest.mark.parametrize("action", sorted(VERSION.handlers.keys() - VERSION.schemas.unconfirmed))
@EXAMPLES
@given(st.data())
async def test_whatever_fits_its_schema_is_served(
    station: OperatedStation, action: str, schema: payloads.Schema, data: st.DataObject
) -> None:
    payload = data.draw(payloads.fitting(schema))
    frame = await station.charger.call(action, payload)
    assert frame[0] == frames.CALLRESULT, frame


@pytest.mark.parametrize("action", sorted(VERSION.csms_actions))
async def test_a_csms_may_send_it_with_and_without(
    gateway: RunningGateway, identity: str, action: str, schema: payloads.Schema
) -> None:
    """As a raw command: it arrives as it was written."""
    response = payloads.schema_of(VERSION.name, f"{action}Response")
    answers = list(payloads.variations(response))
    async with await OperatedStation.connect(gateway, identity) as station:
        for number, payload in enumerate(payloads.variations(schema)):
            answer = answers[number % len(answers)]
            args = {"action": action, "payload": payload}
            request, command = await station.command("raw", args, action, answer)
            # PostgreSQL keeps no order of keys, and JSON has none.
            assert json.dumps(request, sort_keys=True) == json.dumps(payload, sort_keys=True)
            assert command["error"] is None or command["error"]["class"] == "station", command
