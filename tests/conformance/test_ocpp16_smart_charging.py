"""OCPP 1.6 test cases of a central system: smart charging."""

from chargepoints.models import ChargingProfile
from tests.operated import OperatedCharger, Payload, at
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}
PERIODS = [{"start_s": 0, "limit": 16}]


async def install(cp: OperatedCharger, evse_id: int, profile: Payload) -> Payload:
    args = {"evse_id": evse_id, "profile": {"unit": "A", "periods": PERIODS} | profile}
    request, command = await cp.command(
        "set_charging_profile", args, "SetChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted"
    assert request["connectorId"] == evse_id
    said: Payload = request["csChargingProfiles"]
    return said


async def clear(cp: OperatedCharger, args: Payload) -> Payload:
    request, command = await cp.command(
        "clear_charging_profile", args, "ClearChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted"
    return request


def purposes(cp: OperatedCharger) -> set[str]:
    rows = ChargingProfile.objects.filter(charge_point=cp.row)
    return {str(row.purpose) for row in rows}


async def test_056_set_default_profile(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        start = at(minutes=1)
        profile = {
            "id": 56,
            "purpose": "default",
            "kind": "absolute",
            "start": start,
            "duration_s": 86400,
            "valid_from": start,
        }
        said = await install(cp, 1, profile)
        assert said == {
            "chargingProfileId": 56,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "validFrom": start,
            "chargingSchedule": {
                "duration": 86400,
                "startSchedule": start,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
            },
        }
        assert purposes(cp) == {"default"}


async def test_057_set_profile_of_the_transaction(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG-057"))["transactionId"]
        said = await install(
            cp,
            1,
            {
                "purpose": "transaction",
                "kind": "relative",
                "transaction_id": str(number),
                "periods": [{"start_s": 0, "limit": 7.35, "phases": 1}],
            },
        )
        assert said["transactionId"] == number
        assert said["chargingProfilePurpose"] == "TxProfile"
        assert said["chargingSchedule"]["chargingSchedulePeriod"] == [
            {"startPeriod": 0, "limit": 7.3, "numberPhases": 1}
        ]
        assert purposes(cp) == {"transaction"}
        await cp.stop(number)
        assert purposes(cp) == set()


async def test_059_remote_start_with_a_profile(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        profile = {"purpose": "transaction", "kind": "relative", "unit": "A", "periods": PERIODS}
        args = {"id_token": {"value": "TAG-059"}, "evse_id": 1, "charging_profile": profile}
        request, command = await cp.command("start", args, "RemoteStartTransaction", ACCEPTED)
        assert command["state"] == "accepted"
        assert request["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
        assert "transactionId" not in request["chargingProfile"]
        await cp.start("TAG-059")
        assert purposes(cp) == {"transaction"}


async def test_066_get_composite_schedule(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        start = at(minutes=1)
        await install(cp, 1, {"purpose": "default", "kind": "absolute", "start": start})
        schedule = {
            "chargingRateUnit": "A",
            "duration": 300,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        }
        now = at()
        answer = ACCEPTED | {"connectorId": 1, "scheduleStart": now, "chargingSchedule": schedule}
        request, command = await cp.command(
            "get_composite_schedule",
            {"evse_id": 1, "duration_s": 300, "unit": "A"},
            "GetCompositeSchedule",
            answer,
        )
        assert request == {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
        assert command["ocpp"]["response"]["chargingSchedule"] == schedule
        assert command["result"] == {
            "start": now.replace("Z", ".000Z"),
            "unit": "A",
            "periods": [{"start_s": 0, "limit": 16.0}],
            "expected": [{"start_s": 0, "limit": 16.0, "phases": None}],
            "as_expected": True,
        }


async def test_067_clear_charging_profiles(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG-067"))["transactionId"]
        station = {"id": 1, "purpose": "station_max", "kind": "absolute", "stack_level": 1}
        default = {"id": 2, "purpose": "default", "kind": "absolute", "stack_level": 2}
        of_car = {"id": 3, "purpose": "transaction", "kind": "absolute"}
        said = await install(cp, 0, station)
        assert said["chargingProfilePurpose"] == "ChargePointMaxProfile"
        await install(cp, 1, default)
        await install(cp, 1, of_car | {"transaction_id": str(number)})
        assert purposes(cp) == {"station_max", "default", "transaction"}
        assert await clear(cp, {"profile_id": 1}) == {"id": 1}
        assert purposes(cp) == {"default", "transaction"}
        request = await clear(cp, {"evse_id": 1, "purpose": "default", "stack_level": 2})
        assert request == {
            "connectorId": 1,
            "chargingProfilePurpose": "TxDefaultProfile",
            "stackLevel": 2,
        }
        assert purposes(cp) == {"transaction"}
        assert await clear(cp, {}) == {}
        assert purposes(cp) == set()
