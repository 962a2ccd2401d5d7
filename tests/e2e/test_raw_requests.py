"""A request that somebody composed by hand leaves the same traces as a command."""

from typing import Any

from chargepoints.models import ChargingProfile, LocalList, Reservation
from tests.operated import OperatedCharger, Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}
PERIODS = [{"startPeriod": 0, "limit": 10.0}]
LATER = at(hours=-1)


async def raw(cp: Any, action: str, payload: Payload, answer: Payload) -> None:
    args = {"action": action, "payload": payload}
    _, command = await cp.command("raw", args, action, answer)
    assert command["state"] == "accepted"


PROFILE_16: Payload = {
    "chargingProfileId": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "startSchedule": at(),
        "chargingSchedulePeriod": PERIODS,
    },
}


async def test_a_raw_charging_profile_of_1_6_is_known_until_a_raw_request_clears_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"connectorId": 1, "csChargingProfiles": PROFILE_16}
        await raw(cp, "SetChargingProfile", asked, ACCEPTED)
        row = ChargingProfile.objects.get(charge_point=cp.row)
        assert (row.profile_id, row.evse_id, row.purpose, row.stack_level) == (7, 1, "default", 2)
        assert row.profile["periods"] == [{"start_s": 0, "limit": 10.0}]
        await raw(cp, "ClearChargingProfile", {"id": 7}, ACCEPTED)
        assert not ChargingProfile.objects.filter(charge_point=cp.row).exists()


async def test_a_raw_charging_profile_of_2_0_1_is_known_until_a_raw_request_clears_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        profile = {
            "id": 7,
            "stackLevel": 2,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
            ],
        }
        await raw(
            station, "SetChargingProfile", {"evseId": 1, "chargingProfile": profile}, ACCEPTED
        )
        row = ChargingProfile.objects.get(charge_point=station.row)
        assert (row.profile_id, row.evse_id, row.purpose, row.stack_level) == (7, 1, "default", 2)
        criteria = {"chargingProfileCriteria": {"evseId": 1, "stackLevel": 2}}
        await raw(station, "ClearChargingProfile", criteria, ACCEPTED)
        assert not ChargingProfile.objects.filter(charge_point=station.row).exists()


async def test_a_raw_profile_that_was_rejected_is_not_known(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = {"connectorId": 1, "csChargingProfiles": PROFILE_16}
        args = {"action": "SetChargingProfile", "payload": payload}
        await cp.command("raw", args, "SetChargingProfile", {"status": "Rejected"})
        assert not ChargingProfile.objects.filter(charge_point=cp.row).exists()


async def test_a_raw_reservation_is_kept_and_used_in_both_versions(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"connectorId": 1, "expiryDate": LATER, "idTag": "A", "reservationId": 5}
        await raw(cp, "ReserveNow", asked, ACCEPTED)
        row = Reservation.objects.get(charge_point=cp.row)
        assert (row.state, row.reservation_id, row.evse_id, row.id_token) == ("active", 5, 1, "A")
        await raw(cp, "CancelReservation", {"reservationId": 5}, ACCEPTED)
        row.refresh_from_db()
        assert row.state == "cancelled"
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        reserved = {"id": 5, "expiryDateTime": LATER, "idToken": TOKEN, "evseId": 1}
        await raw(station, "ReserveNow", reserved, ACCEPTED)
        row = Reservation.objects.get(charge_point=station.row)
        assert (row.state, row.evse_id, row.id_token) == ("active", 1, TOKEN["idToken"])


async def test_a_raw_local_list_is_known_in_both_versions(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        entry: Payload = {"idTag": "A", "idTagInfo": {"status": "Blocked"}}
        full = {"listVersion": 9, "updateType": "Full", "localAuthorizationList": [entry]}
        await raw(cp, "SendLocalList", full, ACCEPTED)
        known = LocalList.objects.get(charge_point=cp.row)
        assert known.version == 9
        assert [(e.value, e.status) for e in known.entries.all()] == [("A", "blocked")]
        gone = {**full, "updateType": "Differential", "localAuthorizationList": [{"idTag": "A"}]}
        await raw(cp, "SendLocalList", gone, ACCEPTED)
        assert not known.entries.exists()
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        data = {"idToken": TOKEN, "idTokenInfo": ACCEPTED}
        full = {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": [data]}
        await raw(station, "SendLocalList", full, ACCEPTED)
        known = LocalList.objects.get(charge_point=station.row)
        assert (known.version, known.entries.count()) == (3, 1)


async def test_a_raw_cost_is_the_transactions(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        charging = Charging(station)
        await charging.tell("Started", "Authorized", "Charging", idToken=TOKEN, evse=EVSE)
        cost = {"transactionId": charging.transaction_id, "totalCost": 3.5}
        await raw(station, "CostUpdated", cost, {})
        (row,) = station.transactions()
        assert row.total_cost == 3.5
