"""K01: what the gateway makes of a neutral profile, and what it does not."""

from datetime import datetime
from typing import Any

import pytest

from chargepoints.models import ChargingProfile
from tests.conformance.profiles_v201 import DEFAULT, IN_AN_HOUR, NOW, OF_TRANSACTION, set_profile
from tests.operated import Payload, at
from tests.operated_station import OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}


def periods(*starts: int) -> list[Payload]:
    return [{"start_s": start, "limit": 6 + place} for place, start in enumerate(starts)]


async def test_periods_go_in_the_order_of_time(station: OperatedStation) -> None:
    """K01.FR.35."""
    said, _ = await set_profile(station, 1, DEFAULT | {"periods": periods(0, 1800, 600)})
    (schedule,) = said["chargingSchedule"]
    starts = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
    assert starts == [0, 600, 1800]


async def test_a_relative_schedule_has_no_start(station: OperatedStation) -> None:
    """K01.FR.41; and an absolute one has, named or not (K01.FR.40)."""
    relative, _ = await set_profile(station, 1, OF_TRANSACTION)
    assert "startSchedule" not in relative["chargingSchedule"][0]
    nameless = {name: value for name, value in DEFAULT.items() if name != "start"}
    absolute, _ = await set_profile(station, 1, nameless)
    assert absolute["chargingSchedule"][0]["startSchedule"].endswith("Z")


async def test_only_what_recurs_says_how_often(station: OperatedStation) -> None:
    recurring = DEFAULT | {"kind": "recurring", "recurrence": "weekly"}
    said, _ = await set_profile(station, 1, recurring)
    assert (said["chargingProfileKind"], said["recurrencyKind"]) == ("Recurring", "Weekly")
    said, _ = await set_profile(station, 1, DEFAULT | {"recurrence": "daily"})
    assert (said["chargingProfileKind"], said.get("recurrencyKind")) == ("Absolute", None)


@pytest.mark.parametrize(
    ("evse_id", "profile"),
    [
        pytest.param(1, DEFAULT | {"periods": periods(60)}, id="K01.FR.31"),
        pytest.param(1, DEFAULT | {"kind": "recurring"}, id="recurring without recurrence"),
        pytest.param(1, OF_TRANSACTION | {"start": NOW}, id="K01.FR.41"),
        pytest.param(0, OF_TRANSACTION, id="K01.FR.16"),
        pytest.param(1, DEFAULT | {"purpose": "station_max"}, id="of the station, on an EVSE"),
        pytest.param(1, DEFAULT | {"periods": periods(0, 60, 60)}, id="K01.FR.35"),
        pytest.param(1, DEFAULT | {"transaction_id": "T1"}, id="a default of a transaction"),
        pytest.param(1, DEFAULT | {"valid_to": at(hours=1)}, id="valid to before valid from"),
    ],
)
async def test_what_is_no_profile_is_refused_and_never_sent(
    station: OperatedStation, evse_id: int, profile: dict[str, Any]
) -> None:
    args = {"evse_id": evse_id, "profile": profile}
    assert (await station.refuses("set_charging_profile", args))["code"] == "invalid_args"


async def test_a_number_of_another_place_is_never_taken(station: OperatedStation) -> None:
    """K01.FR.05: a profile that was on the station already would be replaced."""
    asked, _ = await station.command(
        "get_charging_profiles", {"purpose": "default"}, "GetChargingProfiles", ACCEPTED
    )
    period = {"startPeriod": 0, "limit": 6.0}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profiles = [
        {
            "id": asked["requestId"] + number,
            "stackLevel": number,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule],
        }
        for number in range(1, 4)
    ]
    report = {"requestId": asked["requestId"], "chargingLimitSource": "CSO", "evseId": 2}
    assert (
        await station.call("ReportChargingProfiles", report | {"chargingProfile": profiles}) == {}
    )
    said, _ = await set_profile(station, 1, DEFAULT)
    assert said["id"] not in [profile["id"] for profile in profiles]


async def test_a_second_profile_in_one_place_is_refused(station: OperatedStation) -> None:
    """K01.FR.06."""
    await set_profile(station, 1, DEFAULT | {"id": 10})
    args = {"evse_id": 1, "profile": DEFAULT | {"id": 11}}
    refused = await station.refuses("set_charging_profile", args)
    assert (refused["code"], "profile 10" in refused["detail"]) == ("invalid_args", True)


async def test_profiles_that_are_valid_by_turns_share_a_place(station: OperatedStation) -> None:
    """K01.FR.06 is about those that are valid at the same time."""
    first, _ = await set_profile(station, 1, DEFAULT)
    later = DEFAULT | {"valid_from": IN_AN_HOUR, "valid_to": at(hours=-2)}
    second, _ = await set_profile(station, 1, later)
    assert first["id"] != second["id"]
    rows = ChargingProfile.objects.filter(charge_point=station.row).order_by("profile_id")
    assert [row.profile_id for row in rows] == [first["id"], second["id"]]


async def test_a_schedule_that_starts_now_is_remembered_with_its_start(
    station: OperatedStation,
) -> None:
    """K01.FR.40; what is expected of the station counts from there."""
    nameless = {name: value for name, value in DEFAULT.items() if name != "start"}
    said, _ = await set_profile(station, 1, nameless)
    (row,) = ChargingProfile.objects.filter(charge_point=station.row)
    start = said["chargingSchedule"][0]["startSchedule"]
    assert datetime.fromisoformat(row.profile["start"]) == datetime.fromisoformat(start)
