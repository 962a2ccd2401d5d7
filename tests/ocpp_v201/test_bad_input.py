"""Bad input of every kind for every message: the right code or acceptance, the socket alive."""

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chargepoints.models import Message
from tests.fakes import frames, payloads
from tests.fakes.payloads import Fault, Path
from tests.operated_station import VERSION, OperatedStation

OCCURRENCE, TYPE = "OccurrenceConstraintViolation", "TypeConstraintViolation"
RESULT = "result"
TOKEN_AS_TEXT = (("idToken",), "text for object")
# What says something else, or nothing, where a part of it is missing.
ONE_THING = {
    "chargingNeeds",
    "chargingSchedule",
    "chargingSchedulePeriod",
    "iso15118CertificateHashData",
    "ocspRequestData",
}
# What costs the message where it can be read in no other way, and nothing less can be done
# without; all else is accepted, with a deviation.
REFUSED = {
    "missing": OCCURRENCE,
    "null": OCCURRENCE,
    "text for integer": TYPE,
    "text for number": TYPE,
    "text for boolean": TYPE,
    "a number for boolean": TYPE,
    "text for array": TYPE,
    "text for object": TYPE,
    "a list for object": TYPE,
}


@cache
def faults(action: str) -> list[Fault]:
    return list(payloads.faults(payloads.schema_of(VERSION.name, f"{action}Request")))


def is_spared(action: str, path: Path) -> bool:
    """Whether something smaller than the message can be done without for it."""
    root = payloads.schema_of(VERSION.name, f"{action}Request")
    dispensable = VERSION.handlers[action].dispensable
    schema = root
    for at, part in enumerate(path):
        if isinstance(part, int):
            if path[at - 1] not in ONE_THING:
                return True
            schema = payloads.resolved(schema["items"], root)
            continue
        if part not in schema.get("required", ()) or part in dispensable or part == "customData":
            return True
        if part in ONE_THING and "customData" not in path:
            return False
        schema = payloads.resolved(schema["properties"][part], root)
    return False


def allowed(action: str, fault: Fault) -> set[str]:
    if is_spared(action, fault.path) or (fault.path[-1:], fault.kind) == TOKEN_AS_TEXT:
        return {RESULT}
    if fault.kind == "null" and not fault.required:
        return {RESULT}
    if fault.kind == "an object for array":
        # It is taken for the one element, which then may lack what an element has to have.
        return {OCCURRENCE, TYPE, RESULT}
    if fault.kind.startswith("an object for"):
        return {TYPE}
    return {REFUSED.get(fault.kind, RESULT)}


@pytest.mark.parametrize("action", sorted(VERSION.handlers.keys() - VERSION.schemas.unconfirmed))
@settings(
    max_examples=max(settings().max_examples // 8, 1),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
async def test_bad_input_gets_the_right_answer_and_the_socket_stays(
    station: OperatedStation, action: str, data: st.DataObject
) -> None:
    fault = data.draw(st.sampled_from(faults(action)))
    frame = await station.charger.call(action, fault.payload)
    said = RESULT if frame[0] == frames.CALLRESULT else frame[2]
    assert said in allowed(action, fault), (fault, frame)
    trace = Message.objects.filter(charge_point=station.row, message_id=frame[1]).get()
    assert trace.deviations or said != RESULT or not_noted(fault), fault


def not_noted(fault: Fault) -> bool:
    """What the schema takes is no deviation."""
    if fault.path == ("data",):
        return True
    return fault.kind in {"nothing for string", "a huge one for integer", "a huge one for number"}
