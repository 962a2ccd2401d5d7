"""K01: what the gateway makes of a neutral profile, and what it does not."""

from typing import Any

import pytest

from tests.conformance.profiles_v201 import DEFAULT, NOW, OF_TRANSACTION, set_profile
from tests.operated import Payload
from tests.operated_station import OperatedStation


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
    ],
)
async def test_what_is_no_profile_is_refused_and_never_sent(
    station: OperatedStation, evse_id: int, profile: dict[str, Any]
) -> None:
    args = {"evse_id": evse_id, "profile": profile}
    assert (await station.refuses("set_charging_profile", args))["code"] == "invalid_args"
