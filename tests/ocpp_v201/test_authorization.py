"""C Authorization beyond the test cases: what an idTokenInfo says of where and how to charge."""

from chargepoints.models import IdToken
from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import EVSE, Charging, OperatedStation


async def test_a_token_may_be_for_some_evses_and_have_a_priority(
    station: OperatedStation, core: FakeCore
) -> None:
    """C01.FR.20; of this station and moment, so that core is asked each time."""
    core.decisions.tokens["04EVSE12"] = {
        "status": "accepted",
        "evse_ids": [1, 2],
        "charging_priority": -3,
    }
    token: Payload = {"idToken": "04EVSE12", "type": "ISO14443"}
    told = {"status": "Accepted", "evseId": [1, 2], "chargingPriority": -3}
    assert await station.call("Authorize", {"idToken": token}) == {"idTokenInfo": told}
    core.decisions.tokens["04EVSE12"] = {"status": "accepted", "charging_priority": 9}
    answer = await Charging(station).tell("Started", "Authorized", idToken=token, evse=EVSE)
    assert answer == {"idTokenInfo": {"status": "Accepted", "chargingPriority": 9}}
    core.decisions.tokens["04EVSE12"] = {"status": "accepted", "charging_priority": 0}
    answer = await station.call("Authorize", {"idToken": token})
    assert answer["idTokenInfo"]["chargingPriority"] == 0


async def test_where_a_token_may_charge_is_not_kept_for_other_stations(
    station: OperatedStation, core: FakeCore
) -> None:
    core.decisions.tokens["04EVSE1"] = {"status": "accepted", "evse_ids": [1], "cache_ttl_s": 300}
    token: Payload = {"idToken": "04EVSE1", "type": "ISO14443"}
    await station.call("Authorize", {"idToken": token})
    assert not IdToken.objects.filter(value="04EVSE1").exists()


async def test_a_token_without_a_type_has_the_type_it_is_known_by(
    station: OperatedStation, identity: str
) -> None:
    """Else the station would tell of a token that nobody has registered."""
    card = IdToken.objects.create(value=f"CARD{identity}"[:36], type="ISO14443")
    until = at(hours=-1)
    try:
        for value, type in ((card.value.lower(), "ISO14443"), ("NOBODY-KNOWS-IT", "Central")):
            told = {"idToken": value, "type": type}
            for command, more, action in (
                ("start", {"id_token": {"value": value}}, "RequestStartTransaction"),
                # As events tell of a token of OCPP 1.6.
                ("start", {"id_token": {"value": value, "type": None}}, "RequestStartTransaction"),
                ("reserve", {"id_token": {"value": value}, "expires_at": until}, "ReserveNow"),
            ):
                request, _ = await station.command(command, more, action, {"status": "Rejected"})
                assert request["idToken"] == told
    finally:
        card.delete()
