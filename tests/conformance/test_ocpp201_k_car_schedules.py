"""K Smart charging with ISO 15118: what the car needs (K15 to K17), cases of OCPP 2.0.1, part 6."""

from datetime import datetime, timedelta
from typing import Any

from chargepoints.models import ChargingProfile, Command, Message
from tests.conformance.profiles_v201 import (
    DEFAULT,
    IN_AN_HOUR,
    OF_TRANSACTION,
    set_profile,
)
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation

AC: Payload = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {
        "energyAmount": 20_000,
        "evMinCurrent": 6,
        "evMaxCurrent": 16,
        "evMaxVoltage": 400,
    },
}


async def needs(station: OperatedStation, **more: Any) -> Payload:
    """The car tells what it needs; the profile that comes of it."""
    payload = {"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": AC | more}
    answer = await station.call("NotifyEVChargingNeeds", payload)
    assert answer == {"status": "Accepted"}
    return await planned(station)


async def planned(station: OperatedStation) -> Payload:
    request = await station.obey("SetChargingProfile", {"status": "Accepted"})
    assert request["evseId"] == 1
    profile: Payload = request["chargingProfile"]
    assert profile["chargingProfilePurpose"] == "TxProfile"
    (row,) = station.transactions()
    assert profile["transactionId"] == row.transaction_id
    return profile


async def schedule_of_car(
    station: OperatedStation,
    limit: float,
    duration_s: int | None = 600,
    time_base: str | None = None,
) -> str:
    schedule: Payload = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    if duration_s is not None:
        schedule["duration"] = duration_s
    payload = {"timeBase": time_base or at(), "evseId": 1, "chargingSchedule": schedule}
    answer = await station.call("NotifyEVChargingSchedule", payload)
    return str(answer["status"])


def limits(profile: Payload) -> list[float]:
    (schedule,) = profile["chargingSchedule"]
    return [period["limit"] for period in schedule["chargingSchedulePeriod"]]


async def plugged_in(station: OperatedStation) -> Charging:
    charging = Charging(station)
    await charging.tell("Started", "Authorized", "EVConnected", idToken=TOKEN, evse=EVSE)
    return charging


async def negotiate(station: OperatedStation, charging: Charging) -> None:
    """The reusable state ISO15118SmartCharging."""
    await needs(station)
    assert await schedule_of_car(station, 16) == "Accepted"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")


async def test_tc_k_53_csms_plans_for_a_car(station: OperatedStation) -> None:
    await set_profile(station, 1, DEFAULT | {"periods": [{"start_s": 0, "limit": 10}]})
    charging = await plugged_in(station)
    # Its own sixteen amperes, but ten while the default says so.
    assert limits(await needs(station)) == [10, 16]
    assert await schedule_of_car(station, 10) == "Accepted"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    # Errata 6.3.17: nothing is negotiated anew without cause.
    assert not Command.objects.filter(charge_point=station.row, finished_at=None).exists()
    asked = [frame[2] for frame in station.charger.journal.asked]
    assert asked.count("SetChargingProfile") == 2


async def test_tc_k_55_csms_refuses_a_schedule_beyond_the_limits(
    station: OperatedStation,
) -> None:
    charging = await plugged_in(station)
    first = await needs(station)
    assert await schedule_of_car(station, 32) == "Rejected"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    assert limits(await planned(station)) == limits(first)
    assert await schedule_of_car(station, 16) == "Accepted"
    await charging.tell("Updated", "ChargingRateChanged")


async def test_a_profile_without_an_id_replaces_the_one_in_its_place(
    station: OperatedStation,
) -> None:
    """K01.FR.39: two profiles of one transaction never share a stack level."""
    await plugged_in(station)
    first = await needs(station)
    second, _ = await set_profile(station, 1, OF_TRANSACTION)
    assert second["id"] == first["id"]
    (row,) = ChargingProfile.objects.filter(charge_point=station.row)
    assert row.profile["kind"] == "relative"


async def test_a_plan_keeps_within_what_was_asked_for_the_transaction(
    station: OperatedStation,
) -> None:
    """K01.FR.01; also when the car asks again, and the plan has taken the profile's place."""
    charging = await plugged_in(station)
    await set_profile(station, 1, OF_TRANSACTION | {"periods": [{"start_s": 0, "limit": 9}]})
    for _ in range(2):
        assert limits(await needs(station)) == [9]
    (row,) = ChargingProfile.objects.filter(charge_point=station.row)
    assert row.transaction_id == charging.transaction_id
    await station.command(
        "clear_charging_profile",
        {"evse_id": 1, "purpose": "transaction"},
        "ClearChargingProfile",
        {"status": "Accepted"},
    )
    assert limits(await needs(station)) == [16]


async def test_tc_k_57_csms_plans_anew_for_the_car(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    await negotiate(station, charging)
    await needs(station, departureTime=IN_AN_HOUR)
    assert await schedule_of_car(station, 16) == "Accepted"
    await charging.tell("Updated", "ChargingRateChanged")


async def test_tc_k_58_csms_plans_anew_by_itself(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    await negotiate(station, charging)
    profile, _ = await set_profile(station, 1, OF_TRANSACTION)
    assert profile["transactionId"] == charging.transaction_id
    assert await schedule_of_car(station, 7) == "Accepted"
    await charging.tell("Updated", "ChargingRateChanged")


async def test_tc_k_59_csms_plans_anew_and_the_car_answers(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    await negotiate(station, charging)
    await set_profile(station, 1, OF_TRANSACTION)
    (limit,) = limits(await needs(station))
    assert await schedule_of_car(station, limit) == "Accepted"
    await charging.tell("Updated", "ChargingRateChanged")


async def test_a_car_that_leaves_in_two_days_gets_a_schedule_until_then(
    station: OperatedStation,
) -> None:
    await plugged_in(station)
    profile = await needs(station, departureTime=at(days=-2))
    (schedule,) = profile["chargingSchedule"]
    assert 172_000 < schedule["duration"] <= 172_800


async def test_needs_without_a_transaction_are_rejected(station: OperatedStation) -> None:
    answer = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": AC})
    assert answer == {"status": "Rejected"}


async def test_a_schedule_beyond_the_limits_is_planned_anew_though_nothing_was_planned(
    station: OperatedStation,
) -> None:
    """K16.FR.08, K17.FR.13: the limits may be the default's alone."""
    await set_profile(station, 1, DEFAULT | {"periods": [{"start_s": 0, "limit": 10}]})
    await plugged_in(station)
    assert await schedule_of_car(station, 16) == "Rejected"
    assert limits(await planned(station)) == [10]


async def test_a_limit_that_begins_within_the_first_second_is_planned_with(
    station: OperatedStation,
) -> None:
    """Times of the gateway have milliseconds, those of most stations have not."""
    begins = at(seconds=-3)
    soon = DEFAULT | {"start": begins.replace("Z", ".400Z")}
    await set_profile(station, 1, soon | {"periods": [{"start_s": 0, "limit": 10}]})
    await plugged_in(station)
    assert await schedule_of_car(station, 16, time_base=begins) == "Rejected"
    assert limits(await planned(station)) == [10]


async def test_a_schedule_without_an_end_keeps_to_the_limits_to_come(
    station: OperatedStation,
) -> None:
    await plugged_in(station)
    periods = [{"start_s": 0, "limit": 16}, {"start_s": 1800, "limit": 8}]
    await set_profile(station, 1, OF_TRANSACTION | {"periods": periods})
    assert await schedule_of_car(station, 16) == "Accepted"
    assert await schedule_of_car(station, 16, None) == "Rejected"
    await planned(station)
    assert await schedule_of_car(station, 8, None) == "Accepted"


async def test_a_car_that_begins_a_moment_later_keeps_within_its_schedule(
    station: OperatedStation,
) -> None:
    """K17.FR.11: the schedule that was sent is compared, and clocks differ."""
    await set_profile(station, 1, DEFAULT | {"periods": [{"start_s": 0, "limit": 10}]})
    await plugged_in(station)
    sent = await needs(station)
    (schedule,) = sent["chargingSchedule"]
    late = (datetime.fromisoformat(schedule["startSchedule"]) + timedelta(seconds=20)).isoformat()
    payload = {"timeBase": late, "evseId": 1, "chargingSchedule": schedule}
    answer = await station.call("NotifyEVChargingSchedule", payload)
    assert answer["status"] == "Accepted"


async def test_what_else_is_in_force_does_not_refuse_the_schedule_that_was_sent(
    station: OperatedStation,
) -> None:
    await plugged_in(station)
    await set_profile(station, 1, OF_TRANSACTION | {"periods": [{"start_s": 0, "limit": 12}]})
    lower = DEFAULT | {"purpose": "station_max", "periods": [{"start_s": 0, "limit": 6}]}
    await set_profile(station, 0, lower)
    assert await schedule_of_car(station, 12) == "Accepted"


async def test_a_negotiation_that_repeats_itself_without_change_ends(
    station: OperatedStation,
) -> None:
    await plugged_in(station)
    await needs(station)
    for _ in range(2):
        assert await schedule_of_car(station, 32) == "Rejected"
        await planned(station)
    for _ in range(2):
        assert await schedule_of_car(station, 32) == "Rejected"
    assert not Command.objects.filter(charge_point=station.row, finished_at=None).exists()
    message = Message.objects.filter(action="NotifyEVChargingSchedule").first()
    assert message is not None and message.deviations == ["car_schedule_beyond_limits"]
