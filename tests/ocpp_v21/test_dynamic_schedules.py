"""K28: limits that move; K21, K22: priority charging; and what else 2.1 says of a profile."""

import pytest

from chargepoints.models import ChargingProfile
from tests.operated import OperatedCharger, Payload
from tests.operated_station import EVSE, Charging, OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED: Payload = {"status": "Accepted"}


def installed(station: OperatedCharger) -> ChargingProfile:
    return ChargingProfile.objects.get(charge_point=station.row)


async def sets(station: OperatedStation, profile: Payload, evse_id: int = 1) -> Payload:
    args = {"evse_id": evse_id, "profile": profile}
    request, command = await station.command(
        "set_charging_profile", args, "SetChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted", command
    said: Payload = request["chargingProfile"]
    return said


async def test_the_first_limit_sets_a_dynamic_profile_and_the_next_updates_it(
    station: OperatedStation,
) -> None:
    """K28.FR.01, FR.02, FR.06."""
    request, command = await station.command(
        "update_limit", {"evse_id": 1, "limit": 16}, "SetChargingProfile", ACCEPTED
    )
    profile = request["chargingProfile"]
    assert (profile["chargingProfileKind"], request["evseId"]) == ("Dynamic", 1)
    (schedule,) = profile["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16.0}]
    request, command = await station.command(
        "update_limit", {"evse_id": 1, "limit": 10}, "UpdateDynamicSchedule", ACCEPTED
    )
    assert request == {"chargingProfileId": profile["id"], "scheduleUpdate": {"limit": 10}}
    assert command["state"] == "accepted"
    assert installed(station).profile["periods"] == [{"start_s": 0, "limit": 10}]


async def test_a_limit_that_is_refused_changes_nothing(station: OperatedStation) -> None:
    await station.command(
        "update_limit", {"evse_id": 1, "limit": 16}, "SetChargingProfile", ACCEPTED
    )
    _, command = await station.command(
        "update_limit", {"evse_id": 1, "limit": 6}, "UpdateDynamicSchedule", {"status": "Rejected"}
    )
    assert command["state"] == "rejected"
    assert installed(station).profile["periods"] == [{"start_s": 0, "limit": 16}]


async def test_a_station_pulls_what_it_may_take_now(station: OperatedStation) -> None:
    """K28.FR.07, FR.10, FR.12."""
    profile = {
        "purpose": "default",
        "kind": "dynamic",
        "unit": "W",
        "update_interval_s": 30,
        "periods": [{"start_s": 0, "operation_mode": "CentralSetpoint", "setpoint": -5000}],
    }
    said = await sets(station, profile)
    assert said["dynUpdateInterval"] == 30
    args = {"profile_id": said["id"], "setpoint": -3000, "discharge_limit": -11000}
    await station.command("update_limit", args, "UpdateDynamicSchedule", ACCEPTED)
    pulled = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": said["id"]})
    update = {"setpoint": -3000, "dischargeLimit": -11000}
    assert pulled == {"status": "Accepted", "scheduleUpdate": update}
    other = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 4711})
    assert other["status"] == "Rejected"
    assert other["statusInfo"]["reasonCode"] == "InvalidProfile"


@pytest.mark.parametrize(
    ("protocol", "action", "field"),
    [
        ("ocpp1.6", "SetChargingProfile", "csChargingProfiles"),
        ("ocpp2.0.1", "SetChargingProfile", "chargingProfile"),
    ],
)
async def test_earlier_versions_say_a_limit_by_a_profile_that_the_next_replaces(
    gateway: RunningGateway, identity: str, protocol: str, action: str, field: str
) -> None:
    kind = OperatedCharger if protocol == "ocpp1.6" else OperatedStation
    async with await kind.connect(gateway, identity, protocol) as charger:
        numbers = set()
        for limit in (16, 10):
            request, command = await charger.command(
                "update_limit", {"evse_id": 1, "limit": limit}, action, ACCEPTED
            )
            assert command["state"] == "accepted"
            profile = request[field]
            numbers.add(profile.get("id", profile.get("chargingProfileId")))
            assert profile["chargingProfileKind"] == "Absolute"
        assert len(numbers) == 1
        assert installed(charger).profile["periods"] == [{"start_s": 0, "limit": 10}]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_what_only_2_1_can_say_is_refused_by_others(
    gateway: RunningGateway, identity: str, protocol: str
) -> None:
    kind = OperatedCharger if protocol == "ocpp1.6" else OperatedStation
    profile: Payload = {"purpose": "default", "kind": "absolute", "unit": "A"}
    limited = profile | {"periods": [{"start_s": 0, "limit": 6}]}
    odd: list[tuple[str, Payload]] = [
        ("update_limit", {"evse_id": 1, "setpoint": -3000}),
        ("set_charging_profile", {"evse_id": 1, "profile": limited | {"max_offline_s": 60}}),
        ("set_charging_profile", {"evse_id": 1, "profile": limited | {"kind": "dynamic"}}),
        ("set_charging_profile", {"evse_id": 1, "profile": limited | {"purpose": "priority"}}),
    ]
    async with await kind.connect(gateway, identity, protocol) as charger:
        for type, args in odd:
            command = await charger.finished(type, args)
            assert command["error"]["code"] == "not_supported", (type, args, command)
        refused = await charger.post("priority_charging", {"transaction_id": "1"})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_supported")


async def test_a_profile_says_what_holds_offline_at_a_state_of_charge_and_delayed(
    station: OperatedStation,
) -> None:
    profile = {
        "purpose": "default",
        "kind": "absolute",
        "unit": "A",
        "max_offline_s": 3600,
        "invalid_after_offline": True,
        "randomized_delay_s": 60,
        "limit_at_soc": {"soc": 80, "limit": 6},
        "periods": [{"start_s": 0, "limit": 32, "limit_l2": 16, "limit_l3": 16}],
    }
    said = await sets(station, profile)
    assert (said["maxOfflineDuration"], said["invalidAfterOfflineDuration"]) == (3600, True)
    (schedule,) = said["chargingSchedule"]
    assert schedule["limitAtSoC"] == {"soc": 80, "limit": 6}
    assert schedule["randomizedDelay"] == 60
    (period,) = schedule["chargingSchedulePeriod"]
    assert period == {"startPeriod": 0, "limit": 32.0, "limit_L2": 16, "limit_L3": 16}
    listed = (await station.http("GET", "charging-profiles")).json()["results"]
    assert listed[0]["profile"]["limit_at_soc"] == {"soc": 80, "limit": 6}


async def test_a_reported_profile_is_known_with_all_that_it_says(station: OperatedStation) -> None:
    period = {"startPeriod": 0, "setpoint": -5000.0, "operationMode": "ExternalSetpoint"}
    reported = {
        "id": 9,
        "stackLevel": 1,
        "chargingProfilePurpose": "LocalGeneration",
        "chargingProfileKind": "Dynamic",
        "dynUpdateInterval": 5,
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        ],
    }
    payload = {"requestId": 1, "chargingLimitSource": "EMS", "evseId": 0}
    await station.call("ReportChargingProfiles", payload | {"chargingProfile": [reported]})
    row = installed(station)
    assert (row.purpose, row.profile["kind"], row.profile["update_interval_s"]) == (
        "local_generation",
        "dynamic",
        5,
    )
    assert row.profile["periods"] == [
        {"start_s": 0, "setpoint": -5000.0, "operation_mode": "ExternalSetpoint"}
    ]


async def test_a_dynamic_profile_has_one_period(station: OperatedStation) -> None:
    """K28.FR.01, FR.04."""
    profile: Payload = {"purpose": "default", "kind": "dynamic", "unit": "A"}
    periods = [{"start_s": 0, "limit": 6}, {"start_s": 60, "limit": 8}]
    args = {"evse_id": 1, "profile": profile | {"periods": periods}}
    assert (await station.refuses("set_charging_profile", args))["code"] == "invalid_args"
    still = profile | {"kind": "absolute", "update_interval_s": 5, "periods": periods}
    args = {"evse_id": 1, "profile": still}
    assert (await station.refuses("set_charging_profile", args))["code"] == "invalid_args"


async def test_priority_charging_is_asked_for_and_told_of(station: OperatedStation) -> None:
    """K21.FR.03, FR.05, FR.09; K22.FR.06."""
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    number = charging.transaction_id
    request, command = await station.command(
        "priority_charging", {"transaction_id": number}, "UsePriorityCharging", ACCEPTED
    )
    assert request == {"transactionId": number, "activate": True}
    assert command["state"] == "accepted"
    for activated in (True, True, False):
        told = {"transactionId": number, "activated": activated}
        assert await station.call("NotifyPriorityCharging", told) == {}
    events = station.events("transaction.updated")
    assert [event.data["details"] for event in events] == [
        {"priority_charging": True},
        {"priority_charging": False},
    ]
    _, command = await station.command(
        "priority_charging",
        {"transaction_id": number, "activate": False},
        "UsePriorityCharging",
        {"status": "NoProfile"},
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "NoProfile")
