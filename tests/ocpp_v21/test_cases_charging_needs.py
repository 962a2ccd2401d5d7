"""Cases of part 5 for a CSMS that are new in 2.1: ISO 15118-20, which K16 to K20 describe."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chargepoints.models import Command
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}
V2X: Payload = {"maxChargePower": 11_000.0, "evTargetEnergyRequest": 30_000.0}


async def plugged_in(station: OperatedStation) -> Charging:
    """K18.FR.16: the token is known before the car tells what it needs."""
    charging = Charging(station)
    await charging.tell("Started", "Authorized", "EVConnected", idToken=TOKEN, evse=EVSE)
    return charging


async def tell_needs(station: OperatedStation, mode: str, **more: Any) -> str:
    needs = {
        "requestedEnergyTransfer": "AC_three_phase",
        "controlMode": mode,
        "v2xChargingParameters": V2X,
    }
    payload = {"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": needs | more}
    return str((await station.call("NotifyEVChargingNeeds", payload))["status"])


async def planned(station: OperatedStation, charging: Charging) -> Payload:
    """K18.FR.07, K19.FR.07: of the transaction, with one schedule (K18.FR.18)."""
    request = await station.obey("SetChargingProfile", ACCEPTED)
    profile: Payload = request["chargingProfile"]
    (schedule,) = profile["chargingSchedule"]
    assert request["evseId"] == 1
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["transactionId"] == charging.transaction_id
    assert schedule["chargingRateUnit"] == "W"
    assert len(schedule["chargingSchedulePeriod"]) <= 3
    return profile


def limits(profile: Payload) -> list[float]:
    (schedule,) = profile["chargingSchedule"]
    return [period["limit"] for period in schedule["chargingSchedulePeriod"]]


async def tell_schedule(station: OperatedStation, profile: Payload, limit: float) -> str:
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "duration": 600,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    payload = {
        "timeBase": at(),
        "evseId": 1,
        "chargingSchedule": schedule,
        "selectedChargingScheduleId": profile["chargingSchedule"][0]["id"],
    }
    return str((await station.call("NotifyEVChargingSchedule", payload))["status"])


async def test_tc_k_113_csms_renegotiates_with_15118_20(station: OperatedStation) -> None:
    """K16: a new profile while the car charges, and the car's own schedule for it."""
    charging = await plugged_in(station)
    assert await tell_needs(station, "ScheduledControl") == "Accepted"
    profile = await planned(station, charging)
    assert limits(profile) == [11_000]
    assert await tell_schedule(station, profile, 11_000) == "Accepted"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    lower = {
        "purpose": "transaction",
        "kind": "absolute",
        "unit": "W",
        "periods": [{"start_s": 0, "limit": 6000}],
    }
    args = {"evse_id": 1, "profile": lower}
    request, command = await station.command(
        "set_charging_profile", args, "SetChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted"
    renegotiated: Payload = request["chargingProfile"]
    assert renegotiated["transactionId"] == charging.transaction_id
    assert await tell_schedule(station, renegotiated, 6000) == "Accepted"
    await charging.tell("Updated", "ChargingRateChanged")


async def test_tc_k_114_csms_plans_anew_for_the_car_with_15118_20(
    station: OperatedStation,
) -> None:
    """K17, K20.FR.02."""
    charging = await plugged_in(station)
    assert await tell_needs(station, "ScheduledControl") == "Accepted"
    first = await planned(station, charging)
    assert await tell_schedule(station, first, 11_000) == "Accepted"
    slower = {"maxChargePower": 3000.0, "maxChargePower_L2": 2000.0, "maxChargePower_L3": 2000.0}
    answer = await tell_needs(station, "ScheduledControl", v2xChargingParameters=slower)
    assert answer == "Accepted"
    second = await planned(station, charging)
    assert (limits(second), second["id"]) == ([7000], first["id"])
    # K18.FR.12, FR.13: beyond the schedule of the CSMS, which is sent again.
    assert await tell_schedule(station, second, 9000) == "Rejected"
    assert limits(await planned(station, charging)) == [7000]
    assert await tell_schedule(station, second, 7000) == "Accepted"


async def test_tc_k_115_csms_plans_in_dynamic_control_mode(station: OperatedStation) -> None:
    """K19: the station has the car follow the schedule, so its own is not judged (K17.FR.12)."""
    charging = await plugged_in(station)
    assert await tell_needs(station, "DynamicControl") == "Accepted"
    profile = await planned(station, charging)
    assert limits(profile) == [11_000]
    assert await tell_schedule(station, profile, 22_000) == "Accepted"
    waiting = Command.objects.filter(charge_point=station.row, finished_at=None)
    assert not waiting.exists()


async def test_tc_k_117_csms_adjusts_the_schedule_in_dynamic_control_mode(
    station: OperatedStation,
) -> None:
    """K20.FR.03: with a new departure and target of the car comes a new profile."""
    charging = await plugged_in(station)
    assert await tell_needs(station, "DynamicControl") == "Accepted"
    first = await planned(station, charging)
    departs = datetime.now(UTC) + timedelta(hours=1)
    answer = await tell_needs(
        station,
        "DynamicControl",
        departureTime=departs.isoformat(),
        v2xChargingParameters={"maxChargePower": 9000.0, "evTargetEnergyRequest": 9000.0},
    )
    assert answer == "Accepted"
    second = await planned(station, charging)
    assert (limits(second), second["id"]) == ([9000], first["id"])
    (schedule,) = second["chargingSchedule"]
    assert 3500 <= schedule["duration"] <= 3600
    needs = station.events("transaction.updated")[-1].data["charging_needs"]
    assert (needs["most"], needs["energy_wh"]) == (9000, 9000)


async def test_tc_k_126_csms_has_no_profile_in_dynamic_control_mode(
    station: OperatedStation,
) -> None:
    """K19.FR.04: the station falls back on its default profile."""
    assert await tell_needs(station, "DynamicControl") == "NoChargingProfile"
    asked = [frame[2] for frame in station.charger.journal.asked]
    assert "SetChargingProfile" not in asked


async def test_needs_of_15118_2_without_a_transaction_are_rejected(
    station: OperatedStation,
) -> None:
    """K17.FR.04."""
    needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": {}}
    needs["dcChargingParameters"] = {"evMaxCurrent": 200, "evMaxVoltage": 800}
    payload = {"evseId": 1, "chargingNeeds": needs}
    assert (await station.call("NotifyEVChargingNeeds", payload))["status"] == "Rejected"
