"""The most power of an EVSE, as its device model tells it, and what is believed of a register."""

from typing import Any

import pytest

from chargepoints.models import Message, Transaction
from tests.operated import at
from tests.operated_station import Charging, OperatedStation, energy

Payload = dict[str, Any]

KW_22: Payload = {"unit": "kW", "maxLimit": 22}


def power(characteristics: Payload, component: str = "EVSE") -> Payload:
    """A NotifyReportRequest of EVSE 1. The actual power may be left out (errata 2025-09)."""
    data = {
        "component": {"name": component, "evse": {"id": 1}},
        "variable": {"name": "Power"},
        "variableAttribute": [{"mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "decimal", "supportsMonitoring": True}
        | characteristics,
    }
    return {"requestId": 1, "generatedAt": at(), "seqNo": 0, "reportData": [data]}


async def metered(charging: Charging, wh: float, seconds_ago: float) -> list[str]:
    """What was odd about this sample."""
    sample = energy(wh) | {"timestamp": at(seconds=seconds_ago)}
    await charging.tell("Updated", "MeterValuePeriodic", meterValue=[sample])
    return list(Message.objects.filter(charge_point=charging.station.row).latest("pk").deviations)


def latest_of(charging: Charging) -> float | None:
    return Transaction.objects.get(transaction_id=charging.transaction_id).meter_latest_wh


@pytest.mark.parametrize(
    ("component", "characteristics", "believed"),
    [
        ("EVSE", KW_22, False),
        ("EVSE", {"unit": "W", "maxLimit": 22000}, False),
        ("EVSE", {"maxLimit": 22000}, False),
        ("Connector", KW_22, False),
        ("EVSE", {"unit": "kW", "maxLimit": 350}, True),
        ("EVSE", {"unit": "kW"}, True),
        # It must be kW that is meant: such a number is not gone by.
        ("EVSE", {"unit": "W", "maxLimit": 22}, True),
        ("EVSE", {"unit": "A", "maxLimit": 22000}, True),
    ],
)
async def test_a_step_is_judged_by_the_most_power_that_was_reported(
    station: OperatedStation, component: str, characteristics: Payload, believed: bool
) -> None:
    assert await station.call("NotifyReport", power(characteristics, component)) == {}
    charging = await station.charging()
    assert await metered(charging, 1000, seconds_ago=120) == []
    assert await metered(charging, 1300, seconds_ago=60) == []
    odd = await metered(charging, 9300, seconds_ago=0)
    assert odd == ([] if believed else ["register_jumped"])
    assert latest_of(charging) == (9300 if believed else 1300)


async def test_what_is_reported_during_a_transaction_counts_from_then_on(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    assert await metered(charging, 1000, seconds_ago=240) == []
    assert await metered(charging, 9000, seconds_ago=180) == [], "nothing is known"
    await station.call("NotifyReport", power(KW_22))
    assert await metered(charging, 17_000, seconds_ago=120) == ["register_jumped"]
    assert await metered(charging, 9_100, seconds_ago=60) == []
    await station.call("NotifyReport", power(KW_22 | {"maxLimit": 350}))
    assert await metered(charging, 17_100, seconds_ago=0) == []
    assert latest_of(charging) == 17_100


async def test_what_was_reported_once_is_known_after_a_reconnect(station: OperatedStation) -> None:
    await station.call("NotifyReport", power(KW_22))
    await station.reconnect()
    charging = await station.charging()
    await metered(charging, 1000, seconds_ago=60)
    assert await metered(charging, 9000, seconds_ago=0) == ["register_jumped"]
