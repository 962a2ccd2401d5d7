"""Q: energy to the car and back."""

from tests.operated import Payload, at, eventually
from tests.operated_station import EVSE, Charging, OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}


async def test_what_is_allowed_may_change_in_a_transaction(station: OperatedStation) -> None:
    """Q02.FR.05."""
    args = {"transaction_id": "TX-1", "energy_transfer": ["DC", "DC_BPT"]}
    request, command = await station.command(
        "allow_energy_transfer", args, "NotifyAllowedEnergyTransfer", ACCEPTED
    )
    assert request == {"transactionId": "TX-1", "allowedEnergyTransfer": ["DC", "DC_BPT"]}
    assert command["state"] == "accepted"
    odd = args | {"energy_transfer": ["TELEPORT"]}
    assert (await station.refuses("allow_energy_transfer", odd))["code"] == "not_supported"


async def test_a_signal_of_frequency_restoration_is_handed_on(station: OperatedStation) -> None:
    """Q07."""
    args = {"signal": -40, "at": at()}
    request, command = await station.command("afrr_signal", args, "AFRRSignal", ACCEPTED)
    assert request["signal"] == -40
    assert command["state"] == "accepted"
    request, _ = await station.command("afrr_signal", {"signal": 0}, "AFRRSignal", ACCEPTED)
    assert set(request) == {"signal", "timestamp"}


async def test_set_points_and_discharge_limits_stand_in_profiles(
    station: OperatedStation,
) -> None:
    """Q03, Q04."""
    periods = [
        {"start_s": 0, "operation_mode": "CentralSetpoint", "setpoint": 7000},
        {"start_s": 3600, "operation_mode": "CentralSetpoint", "setpoint": -7000}
        | {"discharge_limit": -10000},
    ]
    profile = {"purpose": "default", "kind": "absolute", "unit": "W", "periods": periods}
    request, command = await station.command(
        "set_charging_profile", {"evse_id": 1, "profile": profile}, "SetChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted"
    (schedule,) = request["chargingProfile"]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 7000},
        {
            "startPeriod": 3600,
            "operationMode": "CentralSetpoint",
            "setpoint": -7000,
            "dischargeLimit": -10000,
        },
    ]


async def test_what_a_car_needs_and_gives_back_is_told_to_core(station: OperatedStation) -> None:
    """Q01, K18."""
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    needs = {
        "requestedEnergyTransfer": "DC_BPT",
        "controlMode": "DynamicControl",
        "v2xChargingParameters": {"maxChargePower": 11000.0, "maxDischargePower": 11000.0},
    }
    answer = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
    assert answer["status"] == "Accepted"
    events = await eventually(lambda: station.events("transaction.updated"))
    (told,) = [event.data["details"] for event in events if event.data["details"]]
    assert told == {"ev_needs": needs}
    (asked,) = [event.data for event in events if "charging_needs" in event.data]
    assert asked["transaction_id"] == charging.transaction_id
