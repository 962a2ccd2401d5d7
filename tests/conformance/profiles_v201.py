"""Charging profiles of the OCPP 2.0.1 cases, and how they are set."""

from tests.operated import Payload, at
from tests.operated_station import OperatedStation

NOW = at()
IN_AN_HOUR = at(hours=-1)
DEFAULT: Payload = {
    "purpose": "default",
    "kind": "absolute",
    "stack_level": 1,
    "unit": "A",
    "start": NOW,
    "duration_s": 3600,
    "valid_from": NOW,
    "valid_to": IN_AN_HOUR,
    "periods": [{"start_s": 0, "limit": 6, "phases": 3}],
}
OF_TRANSACTION: Payload = {
    "purpose": "transaction",
    "kind": "relative",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 7.04, "phases": 1}],
}


async def set_profile(
    station: OperatedStation, evse_id: int, profile: Payload, status: str = "Accepted"
) -> tuple[Payload, Payload]:
    """The chargingProfile the station was sent, and the command."""
    request, command = await station.command(
        "set_charging_profile",
        {"evse_id": evse_id, "profile": profile},
        "SetChargingProfile",
        {"status": status},
    )
    assert request["evseId"] == evse_id
    assert command["state"] == ("accepted" if status == "Accepted" else "rejected")
    return request["chargingProfile"], command
