"""K09: what a station reports of its charging profiles, and what is known of them afterwards."""

from typing import Any

from tests.conformance.profiles_v201 import DEFAULT, set_profile
from tests.operated import Payload
from tests.operated_station import OperatedStation


def profile(number: int, **more: Any) -> Payload:
    """A ChargingProfileType."""
    return {
        "id": number,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "A",
                "startSchedule": "2026-11-22T08:00:00Z",
                "duration": 3600,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}],
            }
        ],
    } | more


async def report(
    station: OperatedStation, args: Payload, *parts: tuple[int, str, list[Payload]]
) -> None:
    """Ask for the profiles; the station reports these: (EVSE, source, profiles)."""
    status = "Accepted" if parts else "NoProfiles"
    request, _ = await station.command(
        "get_charging_profiles", args, "GetChargingProfiles", {"status": status}
    )
    for place, (evse_id, source, profiles) in enumerate(parts, start=1):
        payload = {
            "requestId": request["requestId"],
            "chargingLimitSource": source,
            "evseId": evse_id,
            "chargingProfile": profiles,
            "tbc": place < len(parts),
        }
        assert await station.call("ReportChargingProfiles", payload) == {}


async def known(station: OperatedStation, filters: str = "") -> list[Payload]:
    response = await station.http("GET", f"charging-profiles{filters}")
    assert response.status_code == 200, response.text
    found: list[Payload] = response.json()["results"]
    return found


async def test_what_is_reported_and_was_not_known_appears_with_its_source(
    station: OperatedStation,
) -> None:
    external = {"chargingProfilePurpose": "ChargingStationExternalConstraints", "stackLevel": 0}
    await report(
        station,
        {"profile_ids": [7, 8]},
        (1, "CSO", [profile(7)]),
        (0, "EMS", [profile(7, **external)]),
    )
    ours, outside = await known(station)
    assert (ours["evse_id"], ours["purpose"], ours["source"]) == (1, "default", "cso")
    assert ours["profile"] == {
        "id": 7,
        "purpose": "default",
        "stack_level": 1,
        "kind": "absolute",
        "unit": "A",
        "start": "2026-11-22T08:00:00.000Z",
        "duration_s": 3600,
        "periods": [{"start_s": 0, "limit": 6.0, "phases": 3}],
    }
    assert ours["reported_at"] and ours["missing_since"] is None
    assert (outside["purpose"], outside["source"]) == ("external", "ems")
    assert await known(station, "?source=ems") == [outside]


async def test_what_is_not_reported_is_marked_as_missing(station: OperatedStation) -> None:
    for evse_id in (1, 2):
        await set_profile(station, evse_id, DEFAULT)
    first, second = await known(station)
    assert first["reported_at"] is second["reported_at"] is None
    await report(station, {"purpose": "default"}, (1, "CSO", [profile(first["profile_id"])]))
    first, second = await known(station)
    assert first["reported_at"] and first["missing_since"] is None
    assert second["reported_at"] is None and second["missing_since"]
    assert await known(station, "?missing=true") == [second]
    assert await known(station, "?missing=false") == [first]


async def test_what_was_not_asked_for_is_not_missing(station: OperatedStation) -> None:
    await set_profile(station, 1, DEFAULT)
    await set_profile(station, 2, DEFAULT | {"stack_level": 2})
    await report(station, {"stack_level": 1, "evse_id": 2})
    await report(station, {"purpose": "station_max"})
    await report(station, {"sources": ["ems", "so"]})
    await report(station, {"profile_ids": [4711]})
    assert [row["missing_since"] for row in await known(station)] == [None, None]


async def test_a_station_without_profiles_misses_all_of_them(station: OperatedStation) -> None:
    await set_profile(station, 1, DEFAULT)
    await report(station, {"sources": ["cso"]})
    (row,) = await known(station)
    assert row["missing_since"]
    await report(station, {"sources": ["cso"]}, (1, "CSO", [profile(row["profile_id"])]))
    (row,) = await known(station)
    assert row["missing_since"] is None


async def test_what_is_missing_limits_nothing(station: OperatedStation) -> None:
    await set_profile(station, 1, DEFAULT)
    await report(station, {"purpose": "default"})
    args = {"evse_id": 1, "duration_s": 60}
    schedule = {
        "evseId": 1,
        "duration": 60,
        "scheduleStart": "2026-11-22T08:00:00Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32.0}],
    }
    answer = {"status": "Accepted", "schedule": schedule}
    _, command = await station.command(
        "get_composite_schedule", args, "GetCompositeSchedule", answer
    )
    assert command["result"]["expected"] == [{"start_s": 0, "limit": None, "phases": None}]


async def test_a_limit_from_outside_is_known_once(station: OperatedStation) -> None:
    """K12 tells that there is one, K09 which one it is."""
    external = profile(-3, chargingProfilePurpose="ChargingStationExternalConstraints")
    limit = {
        "chargingLimit": {"chargingLimitSource": "EMS"},
        "chargingSchedule": external["chargingSchedule"],
    }
    await station.call("NotifyChargingLimit", limit)
    (notified,) = await known(station)
    assert (notified["source"], notified["reported_at"]) == ("ems", None)
    await report(station, {"purpose": "external"}, (0, "EMS", [external]))
    (reported,) = await known(station)
    assert (reported["source"], reported["profile_id"]) == ("ems", -3)
    cleared = {"chargingLimitSource": "EMS"}
    await station.call("ClearedChargingLimit", cleared)
    assert await known(station) == []
