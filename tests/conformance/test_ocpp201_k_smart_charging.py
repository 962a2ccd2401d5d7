"""K Smart charging: the CSMS test cases of OCPP 2.0.1, part 6."""

from typing import Any

from chargepoints.models import ChargingProfile
from tests.conformance.profiles_v201 import DEFAULT, IN_AN_HOUR, NOW, OF_TRANSACTION, set_profile
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation


def installed(station: OperatedStation) -> list[tuple[int, str, int]]:
    rows = ChargingProfile.objects.filter(charge_point=station.row).order_by("id")
    return list(rows.values_list("evse_id", "purpose", "stack_level"))


async def default_profile(station: OperatedStation, evse_id: int) -> None:
    profile, _ = await set_profile(station, evse_id, DEFAULT)
    (schedule,) = profile.pop("chargingSchedule")
    number = profile.pop("id")
    assert profile == {
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "validFrom": NOW,
        "validTo": IN_AN_HOUR,
    }
    assert schedule == {
        "id": number,
        "startSchedule": NOW,
        "duration": 3600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}],
    }
    assert installed(station) == [(evse_id, "default", 1)]


async def test_tc_k_01_csms_sets_a_default_for_an_evse(station: OperatedStation) -> None:
    await default_profile(station, 1)


async def test_tc_k_10_csms_sets_a_default_for_all(station: OperatedStation) -> None:
    await default_profile(station, 0)


async def test_tc_k_02_csms_sets_one_where_no_transaction_is(station: OperatedStation) -> None:
    profile, command = await set_profile(station, 1, OF_TRANSACTION, "Rejected")
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["chargingProfileKind"] == "Relative"
    (schedule,) = profile["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 7.0, "numberPhases": 1}
    ]
    assert command["error"]["code"] == "Rejected"
    assert installed(station) == []


async def test_tc_k_03_csms_bounds_the_station(station: OperatedStation) -> None:
    profile, _ = await set_profile(station, 0, DEFAULT | {"purpose": "station_max"})
    assert profile["chargingProfilePurpose"] == "ChargingStationMaxProfile"
    assert profile["chargingProfileKind"] == "Absolute"
    assert installed(station) == [(0, "station_max", 1)]


async def test_the_bound_of_the_station_is_of_the_whole_station(station: OperatedStation) -> None:
    """K01.FR.38."""
    for evse_id, kind in ((1, "absolute"), (0, "relative")):
        profile = DEFAULT | {"purpose": "station_max", "kind": kind}
        refused = await station.refuses(
            "set_charging_profile", {"evse_id": evse_id, "profile": profile}
        )
        assert refused["code"] == "invalid_args"


async def test_tc_k_04_csms_replaces_a_profile(station: OperatedStation) -> None:
    first, _ = await set_profile(station, 1, DEFAULT)
    again = DEFAULT | {"id": first["id"], "periods": [{"start_s": 0, "limit": 8}]}
    second, _ = await set_profile(station, 1, again)
    assert second["id"] == first["id"]
    assert len(installed(station)) == 1


async def test_tc_k_70_csms_sets_two_profiles(station: OperatedStation) -> None:
    """As the errata have it (6.3.19): of two purposes, while a car charges."""
    await station.charging()
    first, _ = await set_profile(station, 1, DEFAULT)
    second, _ = await set_profile(station, 0, DEFAULT | {"purpose": "station_max"})
    assert first["id"] != second["id"]
    assert [each["chargingProfilePurpose"] for each in (first, second)] == [
        "TxDefaultProfile",
        "ChargingStationMaxProfile",
    ]
    assert all("startSchedule" in each["chargingSchedule"][0] for each in (first, second))


async def test_profiles_of_two_levels_are_two(station: OperatedStation) -> None:
    first, _ = await set_profile(station, 1, DEFAULT)
    second, _ = await set_profile(station, 1, DEFAULT | {"stack_level": 2})
    assert first["id"] != second["id"]
    assert installed(station) == [(1, "default", 1), (1, "default", 2)]


async def clear(
    station: OperatedStation, args: Payload, expected: Payload, status: str = "Accepted"
) -> None:
    request, command = await station.command(
        "clear_charging_profile", args, "ClearChargingProfile", {"status": status}
    )
    assert request == expected
    assert command["state"] == ("accepted" if status == "Accepted" else "rejected")
    assert installed(station) == []


CRITERIA: Payload = {"purpose": "default", "evse_id": 1, "stack_level": 1}
OCPP_CRITERIA: Payload = {
    "chargingProfileCriteria": {
        "chargingProfilePurpose": "TxDefaultProfile",
        "evseId": 1,
        "stackLevel": 1,
    }
}


async def test_tc_k_05_csms_clears_by_number(station: OperatedStation) -> None:
    profile, _ = await set_profile(station, 1, DEFAULT)
    await clear(station, {"profile_id": profile["id"]}, {"chargingProfileId": profile["id"]})


async def test_tc_k_06_csms_clears_by_criteria(station: OperatedStation) -> None:
    await set_profile(station, 1, DEFAULT)
    await clear(station, CRITERIA, OCPP_CRITERIA)


async def test_tc_k_08_csms_clears_what_is_not_there(station: OperatedStation) -> None:
    await clear(station, CRITERIA, OCPP_CRITERIA, "Unknown")


async def test_tc_k_15_csms_learns_that_it_is_not_supported(station: OperatedStation) -> None:
    response = await station.post(
        "set_charging_profile", {"evse_id": 1, "profile": DEFAULT}, wait="none"
    )
    message_id, _ = await station.charger.expect_call("SetChargingProfile")
    await station.charger.answer_error(message_id, "NotSupported", "no smart charging here")
    settled = await station.settled(response.json())
    assert (settled.state, settled.error_code) == ("callerror", "NotSupported")


async def test_tc_k_19_csms_sets_one_that_recurs(station: OperatedStation) -> None:
    profile, _ = await set_profile(
        station, 1, DEFAULT | {"kind": "recurring", "recurrence": "daily"}
    )
    assert profile["chargingProfileKind"] == "Recurring"
    assert profile["recurrencyKind"] == "Daily"


async def test_tc_k_60_csms_sets_one_for_the_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    profile, _ = await set_profile(station, 1, OF_TRANSACTION)
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["transactionId"] == charging.transaction_id


async def test_tc_k_37_csms_starts_with_a_profile(station: OperatedStation) -> None:
    request, command = await station.command(
        "start",
        {
            "id_token": {"value": "04A1B2", "type": "ISO14443"},
            "evse_id": 1,
            "charging_profile": OF_TRANSACTION,
        },
        "RequestStartTransaction",
        {"status": "Accepted"},
    )
    assert request["evseId"] == 1
    profile = request["chargingProfile"]
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["chargingProfileKind"] == "Relative"
    assert "transactionId" not in profile
    info = {"remoteStartId": request["remoteStartId"]}
    await Charging(station).tell("Started", "RemoteStart", info=info, idToken=TOKEN, evse=EVSE)
    assert (await station.settled(command)).state == "effect_confirmed"


# --- profiles reported --------------------------------------------------------------------------


async def get_profiles(
    station: OperatedStation, args: Payload, expected: Payload, *evses: int, **more: Any
) -> None:
    """Ask for profiles; the station reports one of each of these EVSEs."""
    request, command = await station.command(
        "get_charging_profiles", args, "GetChargingProfiles", {"status": "Accepted"}
    )
    number = request.pop("requestId")
    assert request == expected
    for place, evse_id in enumerate(evses, start=1):
        schedule = {"id": 1, "chargingRateUnit": "A"}
        period = {"startPeriod": 0, "limit": 6.0}
        profile = {
            "id": place,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule | {"chargingSchedulePeriod": [period]}],
        }
        report = {
            "requestId": number,
            "chargingLimitSource": "CSO",
            "evseId": evse_id,
            "chargingProfile": [profile | more],
            "tbc": place < len(evses),
        }
        assert await station.call("ReportChargingProfiles", report) == {}
    settled = await station.settled(command)
    assert settled.state == "effect_confirmed"
    assert [part["evse_id"] for part in settled.result or []] == list(evses)


DEFAULTS: Payload = {"chargingProfilePurpose": "TxDefaultProfile"}


async def test_tc_k_29_csms_gets_those_of_the_station(station: OperatedStation) -> None:
    await station.charging()
    args = {"evse_id": 0, "purpose": "default"}
    await get_profiles(station, args, {"evseId": 0, "chargingProfile": DEFAULTS}, 0)


async def test_tc_k_30_csms_gets_those_of_an_evse(station: OperatedStation) -> None:
    args = {"evse_id": 1, "purpose": "default"}
    await get_profiles(station, args, {"evseId": 1, "chargingProfile": DEFAULTS}, 1)


async def test_tc_k_31_csms_gets_those_of_all(station: OperatedStation) -> None:
    await get_profiles(station, {"purpose": "default"}, {"chargingProfile": DEFAULTS}, 0, 1, 2)


async def test_tc_k_32_csms_gets_one_by_number(station: OperatedStation) -> None:
    await get_profiles(
        station, {"profile_ids": [1]}, {"chargingProfile": {"chargingProfileId": [1]}}, 1
    )


async def test_tc_k_33_csms_gets_those_of_a_level(station: OperatedStation) -> None:
    args = {"evse_id": 1, "stack_level": 1}
    await get_profiles(station, args, {"evseId": 1, "chargingProfile": {"stackLevel": 1}}, 1)


async def test_tc_k_34_csms_gets_those_of_a_source(station: OperatedStation) -> None:
    args = {"evse_id": 1, "sources": ["cso"]}
    expected = {"evseId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    await get_profiles(station, args, expected, 1)


async def test_tc_k_35_csms_gets_those_of_a_purpose(station: OperatedStation) -> None:
    args = {"evse_id": 1, "purpose": "transaction"}
    expected = {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxProfile"}}
    await get_profiles(station, args, expected, 1)


async def test_tc_k_36_csms_gets_those_of_a_purpose_and_level(station: OperatedStation) -> None:
    args = {"evse_id": 1, "purpose": "default", "stack_level": 1}
    expected = {"evseId": 1, "chargingProfile": DEFAULTS | {"stackLevel": 1}}
    await get_profiles(station, args, expected, 1)


async def test_tc_k_52_csms_gets_external_constraints(station: OperatedStation) -> None:
    purpose = {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
    await get_profiles(station, {"purpose": "external"}, {"chargingProfile": purpose}, 0, **purpose)


async def test_that_there_are_no_profiles_ends_the_command(station: OperatedStation) -> None:
    args = {"purpose": "default"}
    _, command = await station.command(
        "get_charging_profiles", args, "GetChargingProfiles", {"status": "NoProfiles"}
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "NoProfiles")


# --- the composite schedule ---------------------------------------------------------------------


async def composite(station: OperatedStation, evse_id: int) -> None:
    await set_profile(station, evse_id, DEFAULT | {"periods": [{"start_s": 0, "limit": 10}]})
    schedule = {
        "evseId": evse_id,
        "duration": 300,
        "scheduleStart": at(),
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
    }
    request, command = await station.command(
        "get_composite_schedule",
        {"evse_id": evse_id, "duration_s": 300, "unit": "A"},
        "GetCompositeSchedule",
        {"status": "Accepted", "schedule": schedule},
    )
    assert request == {"evseId": evse_id, "duration": 300, "chargingRateUnit": "A"}
    settled = await station.settled(command)
    assert (settled.result or {})["as_expected"]


async def test_tc_k_43_csms_composite_schedule_of_an_evse(station: OperatedStation) -> None:
    await composite(station, 1)


async def test_tc_k_44_csms_composite_schedule_of_the_station(station: OperatedStation) -> None:
    await composite(station, 0)


async def test_the_station_may_say_it_in_other_periods_and_of_all_evses(
    station: OperatedStation,
) -> None:
    """K08.FR.03: of the whole station; a default for EVSE 0 is one for each (K01.FR.14)."""
    for evse_id in (1, 2):
        await station.connector_is("Available", evse_id)
    await set_profile(station, 0, DEFAULT | {"periods": [{"start_s": 0, "limit": 10}]})
    periods = [{"startPeriod": 0, "limit": 20}, {"startPeriod": 60, "limit": 20}]
    now = at()
    schedule = {
        "evseId": 0,
        "duration": 300,
        "scheduleStart": now,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": periods,
    }
    _, command = await station.command(
        "get_composite_schedule",
        {"duration_s": 300, "unit": "A"},
        "GetCompositeSchedule",
        {"status": "Accepted", "schedule": schedule},
    )
    settled = await station.settled(command)
    assert settled.result == {
        "start": now.replace("Z", ".000Z"),
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 20.0}, {"start_s": 60, "limit": 20.0}],
        "expected": [{"start_s": 0, "limit": 20.0, "phases": None}],
        "as_expected": True,
    }


# --- limits from outside ------------------------------------------------------------------------


async def limit(station: OperatedStation) -> None:
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "startSchedule": at(),
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4.0}],
    }
    payload = {
        "chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True},
        "chargingSchedule": [schedule],
        "evseId": 0,
    }
    assert await station.call("NotifyChargingLimit", payload) == {}
    assert installed(station) == [(0, "external", 0)]


async def release(station: OperatedStation) -> None:
    cleared = {"chargingLimitSource": "EMS"}
    assert await station.call("ClearedChargingLimit", cleared) == {}
    assert installed(station) == []
    told = station.events("charge_point.configuration_changed")[-1]
    assert told.data["external_limit"]["cleared"]


async def test_tc_k_48_csms_takes_an_external_limit(station: OperatedStation) -> None:
    await limit(station)
    told = station.events("charge_point.configuration_changed")[-1]
    said = told.data["external_limit"]
    assert (said["source"], said["evse_id"], said["grid_critical"]) == ("ems", 0, True)
    assert said["schedule"]["periods"] == [{"start_s": 0, "limit": 4.0}]


async def test_tc_k_50_csms_takes_the_release_of_a_limit(station: OperatedStation) -> None:
    await limit(station)
    await release(station)


async def test_tc_k_51_csms_release_during_a_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    await limit(station)
    await release(station)
    assert await charging.tell("Updated", "ChargingRateChanged") == {}
