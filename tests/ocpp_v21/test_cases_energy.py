"""Cases of part 5 for a CSMS that are new in 2.1: blocks I, K, Q and R."""

from typing import Any

from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}
PRICES: Payload = {"prices": [{"priceKwh": 0.3}]}
TARIFF: Payload = {"tariffId": "T-1", "currency": "EUR", "energy": PRICES}
NIGHT: Payload = {
    "prices": [
        {"priceKwh": 0.2, "conditions": {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}}
    ]
}


async def set_tariff(station: OperatedStation, tariff: Payload, status: str) -> Payload:
    request, command = await station.command(
        "set_default_tariff",
        {"evse_id": 0, "tariff": tariff},
        "SetDefaultTariff",
        {"status": status},
    )
    assert request == {"evseId": 0, "tariff": tariff}
    return command


async def change_tariff(station: OperatedStation, tariff: Payload, status: str) -> Payload:
    charging = await station.charging()
    args = {"transaction_id": charging.transaction_id, "tariff": tariff}
    request, command = await station.command(
        "change_tariff", args, "ChangeTransactionTariff", {"status": status}
    )
    assert request == {"transactionId": charging.transaction_id, "tariff": tariff}
    return command


def refused_with(command: Payload, code: str) -> bool:
    return (command["state"], command["error"]["code"]) == ("rejected", code)


async def set_profile(station: OperatedStation, evse_id: int = 1, **profile: Any) -> Payload:
    full: Payload = {
        "purpose": "default",
        "kind": "absolute",
        "unit": "W",
        "periods": [{"start_s": 0, "limit": 11000}],
    }
    request, command = await station.command(
        "set_charging_profile",
        {"evse_id": evse_id, "profile": full | profile},
        "SetChargingProfile",
        ACCEPTED,
    )
    assert command["state"] == "accepted", command
    said: Payload = request["chargingProfile"]
    return said


def periods(profile: Payload) -> list[Payload]:
    (schedule,) = profile["chargingSchedule"]
    found: list[Payload] = schedule["chargingSchedulePeriod"]
    return found


def mode(name: str, **more: Any) -> list[Payload]:
    return [{"start_s": 0, "operation_mode": name} | more]


# --- I ------------------------------------------------------------------------------------------


async def test_tc_i_101_csms_tariff_by_the_time_of_day(station: OperatedStation) -> None:
    command = await set_tariff(station, TARIFF | {"energy": NIGHT}, "Accepted")
    assert command["state"] == "accepted"


async def test_tc_i_102_csms_tariff_with_too_many_elements(station: OperatedStation) -> None:
    assert refused_with(await set_tariff(station, TARIFF, "TooManyElements"), "TooManyElements")


async def test_tc_i_105_csms_tariff_with_conditions_that_are_not_supported(
    station: OperatedStation,
) -> None:
    command = await set_tariff(station, TARIFF | {"energy": NIGHT}, "ConditionNotSupported")
    assert refused_with(command, "ConditionNotSupported")


async def test_tc_i_106_csms_tariff_that_is_known_already(station: OperatedStation) -> None:
    command = await set_tariff(station, TARIFF, "DuplicateTariffId")
    assert refused_with(command, "DuplicateTariffId")


async def test_tc_i_109_csms_driver_tariff(station: OperatedStation, core: FakeCore) -> None:
    """I08.FR.01."""
    core.decisions.tokens["TC-I-109"] = {"status": "accepted", "tariff": TARIFF}
    asked = {"idToken": {"idToken": "TC-I-109", "type": "ISO14443"}}
    assert (await station.call("Authorize", asked))["tariff"] == TARIFF


async def test_tc_i_110_csms_clears_the_default_tariff(station: OperatedStation) -> None:
    await set_tariff(station, TARIFF, "Accepted")
    result = {"clearTariffsResult": [{"tariffId": "T-1", "status": "Accepted"}]}
    request, command = await station.command(
        "clear_tariffs", {"tariff_ids": ["T-1"]}, "ClearTariffs", result
    )
    assert (request, command["state"]) == ({"tariffIds": ["T-1"]}, "accepted")
    assert (await station.http("GET", "tariffs")).json()["results"] == []


async def test_tc_i_113_csms_new_tariff_with_too_many_elements(station: OperatedStation) -> None:
    assert refused_with(await change_tariff(station, TARIFF, "TooManyElements"), "TooManyElements")


async def test_tc_i_114_csms_new_tariff_with_conditions_that_are_not_supported(
    station: OperatedStation,
) -> None:
    command = await change_tariff(station, TARIFF | {"energy": NIGHT}, "ConditionNotSupported")
    assert refused_with(command, "ConditionNotSupported")


async def test_tc_i_115_csms_new_tariff_with_conditions(station: OperatedStation) -> None:
    command = await change_tariff(station, TARIFF | {"energy": NIGHT}, "Accepted")
    assert command["state"] == "accepted"


async def test_tc_i_122_csms_cost_details_of_a_transaction(station: OperatedStation) -> None:
    """I12."""
    charging = await station.charging()
    total = {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 2.5}}
    usage = {"energy": 8.0, "chargingTime": 3600, "idleTime": 0}
    dimensions = [{"type": "Energy", "volume": 8.0}]
    cost = {
        "chargingPeriods": [{"startPeriod": at(), "tariffId": "T-1", "dimensions": dimensions}],
        "totalCost": total,
        "totalUsage": usage,
    }
    await charging.tell("Ended", "EVDeparted", costDetails=cost, info={"tariffId": "T-1"})
    details = station.events("transaction.ended")[-1].data["details"]
    assert details == {"cost": cost, "tariff_id": "T-1"}


# --- K ------------------------------------------------------------------------------------------


async def test_tc_k_100_csms_profile_that_ends_offline(station: OperatedStation) -> None:
    said = await set_profile(station, max_offline_s=600, invalid_after_offline=True)
    assert (said["maxOfflineDuration"], said["invalidAfterOfflineDuration"]) == (600, True)


async def test_tc_k_101_csms_changes_the_operation_mode(station: OperatedStation) -> None:
    first = await set_profile(station, periods=mode("ChargingOnly", limit=11000))
    then = await set_profile(
        station, id=first["id"], periods=mode("CentralSetpoint", setpoint=-5000)
    )
    assert (first["id"], periods(first)[0]["operationMode"]) == (then["id"], "ChargingOnly")
    assert periods(then)[0]["operationMode"] == "CentralSetpoint"


async def test_tc_k_102_csms_limit_at_a_state_of_charge(station: OperatedStation) -> None:
    said = await set_profile(station, limit_at_soc={"soc": 80, "limit": 4000})
    assert said["chargingSchedule"][0]["limitAtSoC"] == {"soc": 80, "limit": 4000}


async def test_tc_k_104_csms_priority_profile(station: OperatedStation) -> None:
    said = await set_profile(station, purpose="priority", stack_level=1)
    assert said["chargingProfilePurpose"] == "PriorityCharging"


async def test_tc_k_106_csms_randomized_delay(station: OperatedStation) -> None:
    said = await set_profile(station, randomized_delay_s=60)
    assert said["chargingSchedule"][0]["randomizedDelay"] == 60


async def test_tc_k_109_csms_ids_of_external_limits_are_left_alone(
    station: OperatedStation,
) -> None:
    """MaxExternalConstraintsId: what the station reports from others keeps its number."""
    external = {
        "id": 3,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationExternalConstraints",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 3,
                "chargingRateUnit": "W",
                "startSchedule": at(),
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000}],
            }
        ],
    }
    payload = {"requestId": 1, "chargingLimitSource": "EMS", "evseId": 0}
    await station.call("ReportChargingProfiles", payload | {"chargingProfile": [external]})
    said = await set_profile(station)
    assert said["id"] != 3
    assert station.row.charging_profiles.filter(source="ems", profile_id=3).exists()


async def test_tc_k_118_csms_asks_for_priority_charging(station: OperatedStation) -> None:
    """K21."""
    charging = await station.charging()
    args = {"transaction_id": charging.transaction_id}
    request, command = await station.command(
        "priority_charging", args, "UsePriorityCharging", ACCEPTED
    )
    assert request == {"transactionId": charging.transaction_id, "activate": True}
    told = {"transactionId": charging.transaction_id, "activated": True}
    assert await station.call("NotifyPriorityCharging", told) == {}
    assert station.transactions()[0].details == {"priority_charging": True}


async def pulls(station: OperatedStation, profile: Payload) -> Payload:
    answer = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": profile["id"]})
    assert answer["status"] == "Accepted", answer
    update: Payload = answer["scheduleUpdate"]
    return update


async def test_tc_k_121_csms_dynamic_limit_that_is_pulled(station: OperatedStation) -> None:
    """K28.FR.07."""
    profile = await set_profile(station, kind="dynamic", update_interval_s=10)
    assert (profile["chargingProfileKind"], profile["dynUpdateInterval"]) == ("Dynamic", 10)
    assert await pulls(station, profile) == {"limit": 11000}


# --- Q ------------------------------------------------------------------------------------------


async def test_tc_q_102_csms_allowed_transfer_is_left_out(station: OperatedStation) -> None:
    """Q02.FR.03."""
    assert "allowedEnergyTransfer" not in await station.call("Authorize", {"idToken": TOKEN})


async def test_tc_q_103_csms_needs_that_are_not_allowed(
    station: OperatedStation, core: FakeCore
) -> None:
    """Q01.FR.04; and Q02.FR.05: allowed later."""
    core.decisions.tokens["TC-Q-103"] = {"status": "accepted", "energy_transfer": ["DC"]}
    charging = Charging(station)
    token = {"idToken": "TC-Q-103", "type": "ISO14443"}
    await charging.tell("Started", "Authorized", idToken=token, evse=EVSE)
    power = {"maxChargePower": 11000.0, "maxDischargePower": 11000.0}
    needs = {"requestedEnergyTransfer": "DC_BPT", "v2xChargingParameters": power}
    told = {"evseId": 1, "chargingNeeds": needs}
    assert (await station.call("NotifyEVChargingNeeds", told))["status"] == "Rejected"
    args = {"transaction_id": charging.transaction_id, "energy_transfer": ["DC", "DC_BPT"]}
    await station.command("allow_energy_transfer", args, "NotifyAllowedEnergyTransfer", ACCEPTED)
    assert (await station.call("NotifyEVChargingNeeds", told))["status"] == "Accepted"


async def test_tc_q_107_csms_charging_only_before_v2x(
    station: OperatedStation, core: FakeCore
) -> None:
    """Q02.FR.01, FR.05."""
    core.decisions.tokens["TC-Q-107"] = {"status": "accepted", "energy_transfer": ["DC"]}
    asked = {"idToken": {"idToken": "TC-Q-107", "type": "ISO14443"}}
    assert (await station.call("Authorize", asked))["allowedEnergyTransfer"] == ["DC"]
    said = await set_profile(station, periods=mode("ChargingOnly", limit=11000))
    assert set(periods(said)[0]) == {"startPeriod", "limit", "operationMode"}
    args = {"transaction_id": "TX", "energy_transfer": ["DC", "DC_BPT"]}
    request, _ = await station.command(
        "allow_energy_transfer", args, "NotifyAllowedEnergyTransfer", ACCEPTED
    )
    assert request["allowedEnergyTransfer"] == ["DC", "DC_BPT"]


async def test_tc_q_108_csms_v2x_by_a_schedule(station: OperatedStation) -> None:
    """Q03."""
    told = [*mode("CentralSetpoint", setpoint=7000)]
    told.append({"start_s": 900, "operation_mode": "CentralSetpoint", "setpoint": -7000})
    said = periods(await set_profile(station, periods=told))
    assert [each["setpoint"] for each in said] == [7000, -7000]


async def v2x_that_moves(station: OperatedStation, **more: Any) -> Payload:
    return await set_profile(
        station, kind="dynamic", periods=mode("CentralSetpoint", setpoint=0), **more
    )


async def test_tc_q_109_csms_v2x_set_point_that_is_pushed(station: OperatedStation) -> None:
    """Q04."""
    profile = await v2x_that_moves(station)
    args = {"profile_id": profile["id"], "setpoint": -6000}
    request, command = await station.command(
        "update_limit", args, "UpdateDynamicSchedule", ACCEPTED
    )
    assert request["scheduleUpdate"] == {"setpoint": -6000}
    assert command["state"] == "accepted"


async def test_tc_q_110_csms_v2x_set_point_that_is_pulled(station: OperatedStation) -> None:
    profile = await v2x_that_moves(station, update_interval_s=10)
    assert await pulls(station, profile) == {"setpoint": 0}


async def test_tc_q_111_csms_external_set_point(station: OperatedStation) -> None:
    """Q05."""
    said = await set_profile(station, periods=mode("ExternalSetpoint", limit=11000))
    assert periods(said)[0]["operationMode"] == "ExternalSetpoint"


async def test_tc_q_112_csms_external_limits(station: OperatedStation) -> None:
    said = await set_profile(
        station, periods=mode("ExternalLimits", limit=11000, discharge_limit=-5000)
    )
    assert periods(said)[0]["dischargeLimit"] == -5000


async def test_tc_q_117_csms_frequency_support_from_the_centre(station: OperatedStation) -> None:
    """Q07."""
    said = await set_profile(
        station, kind="dynamic", periods=mode("CentralFrequency", setpoint=1000)
    )
    args = {"profile_id": said["id"], "setpoint": -1000}
    request, _ = await station.command("update_limit", args, "UpdateDynamicSchedule", ACCEPTED)
    assert request["scheduleUpdate"] == {"setpoint": -1000}


async def test_tc_q_120_csms_signal_of_frequency_restoration(station: OperatedStation) -> None:
    """Q08: by a curve in the profile."""
    curve = [{"signal": -100, "power": -5000}, {"signal": 100, "power": 5000}]
    said = await set_profile(
        station, periods=mode("LocalFrequency", v2x_signal_watt_curve=curve, v2x_baseline=0)
    )
    assert periods(said)[0]["v2xSignalWattCurve"] == curve
    request, command = await station.command("afrr_signal", {"signal": 50}, "AFRRSignal", ACCEPTED)
    assert (request["signal"], command["state"]) == (50, "accepted")


async def test_tc_q_121_csms_frequency_support_at_the_station(station: OperatedStation) -> None:
    curve = [{"frequency": 49.8, "power": -5000}, {"frequency": 50.2, "power": 5000}]
    said = await set_profile(station, periods=mode("LocalFrequency", v2x_freq_watt_curve=curve))
    assert periods(said)[0]["v2xFreqWattCurve"] == curve


async def test_tc_q_124_csms_load_balancing_at_the_station(station: OperatedStation) -> None:
    """Q09."""
    said = await set_profile(
        station, periods=mode("LocalLoadBalancing", limit=11000, discharge_limit=-11000)
    )
    assert periods(said)[0]["operationMode"] == "LocalLoadBalancing"


async def test_tc_q_125_csms_idle_with_a_sleeping_evse(station: OperatedStation) -> None:
    """Q10."""
    said = await set_profile(station, periods=mode("Idle", ev_asleep=True))
    assert periods(said) == [{"startPeriod": 0, "operationMode": "Idle", "evseSleep": True}]
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    info = {"operationMode": "Idle"}
    await charging.tell("Updated", "OperationModeChanged", info=info, evseSleep=True)
    assert station.transactions()[0].details == {"operation_mode": "Idle", "ev_asleep": True}


# --- R ------------------------------------------------------------------------------------------


async def test_tc_r_107_csms_configures_der_controls(station: OperatedStation) -> None:
    """R04."""
    setting = {"priority": 1, "pctMaxDischargePower": 50}
    args = {"control_type": "LimitMaxDischarge", "control_id": "L", "setting": setting}
    request, command = await station.command("set_der_control", args, "SetDERControl", ACCEPTED)
    assert request["limitMaxDischarge"] == setting
    asked, reading = await station.command(
        "get_der_controls", {"control_id": "L"}, "GetDERControl", ACCEPTED
    )
    entry = {"id": "L", "isDefault": False, "isSuperseded": False, "limitMaxDischarge": setting}
    report = {"requestId": asked["requestId"], "limitMaxDischarge": [entry]}
    assert await station.call("ReportDERControl", report) == {}
    assert (await station.settled(reading)).state == "effect_confirmed"
    _, cleared = await station.command(
        "clear_der_controls", {"control_id": "L"}, "ClearDERControl", ACCEPTED
    )
    assert (command["state"], cleared["state"]) == ("accepted", "accepted")
    assert not station.row.der_controls.exists()


async def test_tc_r_108_csms_der_event(station: OperatedStation) -> None:
    """R05."""
    alarm = {"controlType": "LFMustTrip", "gridEventFault": "UnderFrequency", "timestamp": at()}
    assert await station.call("NotifyDERAlarm", alarm) == {}
    begun = {"controlId": "L", "started": True, "timestamp": at()}
    assert await station.call("NotifyDERStartStop", begun) == {}
    assert station.events("der.alarm")[-1].data["fault"] == "UnderFrequency"
    assert station.events("der.control_changed")[-1].data["started"] is True
