"""Meter values: every sample as sent, and the common measurands as typed columns."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max

from chargepoints.clock import Moment, api_time
from chargepoints.inbound import Inbound
from chargepoints.models import MeterValue

ENERGY = "Energy.Active.Import.Register"
ENERGY_INTERVAL = "Energy.Active.Import.Interval"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"
SOC = "SoC"

# To Wh, W, A, V and percent.
_SCALE = {"kWh": 1000.0, "kW": 1000.0, "mA": 0.001, "mV": 0.001, "kV": 1000.0}

_TOUCH_TRANSACTION = (
    "UPDATE chargepoints_transaction SET"
    " meter_latest_wh = COALESCE(%s, meter_latest_wh), power_w = COALESCE(%s, power_w),"
    " current_a = COALESCE(%s, current_a), voltage_v = COALESCE(%s, voltage_v),"
    " soc_percent = COALESCE(%s, soc_percent), sampled_at = %s"
    " WHERE id = %s AND ended_at IS NULL AND (sampled_at IS NULL OR sampled_at <= %s)"
)


class Sample(NamedTuple):
    """One sampled value in words both versions share; `value` None where it is no number."""

    measurand: str
    value: float | None
    unit: str
    context: str
    phase: str
    location: str


class Element(NamedTuple):
    """The samples of one moment: as sent, and as read."""

    moment: Moment
    raw: list[Any]
    samples: Sequence[Sample]


class Reading(NamedTuple):
    """Typed columns, in Wh, W, A, V and percent."""

    energy_wh: float | None
    power_w: float | None
    current_a: float | None
    voltage_v: float | None
    soc_percent: float | None


def record(
    inbound: Inbound,
    elements: Sequence[Element],
    *,
    evse_id: int | None,
    transaction_pk: int | None,
    transaction_id: str | None,
) -> None:
    """Store what is new of these samples, bring the transaction up to date, and tell core.

    A repeated element writes nothing; other values under a key that is taken already are kept
    beside it as a conflict (P4).
    """
    told = []
    taken: set[tuple[datetime, int]] = set()
    for element in elements:
        if not element.samples:
            inbound.deviate("no_samples")
            continue
        reading = read(element.samples)
        key = _key(evse_id, transaction_pk, element.samples)
        if (element.moment.at, key) in taken:
            inbound.deviate("same_samples_twice")
            continue
        taken.add((element.moment.at, key))
        if not _append(inbound, element, reading, key, evse_id, transaction_pk):
            continue
        told.append(_data(element, reading))
        if transaction_pk is not None:
            _touch(inbound, transaction_pk, reading, element.moment.at)
    if told:
        inbound.emit(
            "meter_values.recorded",
            {"evse_id": evse_id, "transaction_id": transaction_id, "meter_values": told},
            elements[0].moment,
        )


def read(samples: Iterable[Sample]) -> Reading:
    """The common measurands of one moment; the whole where it is given, else over the phases."""
    whole: dict[str, float] = {}
    phases: dict[str, list[float]] = {}
    for sample in samples:
        if sample.value is None or sample.location not in ("", "Outlet", "EV"):
            continue
        value = sample.value * _SCALE.get(sample.unit, 1.0)
        if not sample.phase:
            whole.setdefault(sample.measurand, value)
        else:
            phases.setdefault(sample.measurand, []).append(value)
    return Reading(
        energy_wh=_value(ENERGY, whole, phases, sum),
        power_w=_value(POWER, whole, phases, sum),
        current_a=_value(CURRENT, whole, phases, max),
        voltage_v=_value(VOLTAGE, whole, phases, max),
        soc_percent=_value(SOC, whole, phases, max),
    )


def _value(
    measurand: str, whole: dict[str, float], phases: dict[str, list[float]], over: Any
) -> float | None:
    if measurand in whole:
        return whole[measurand]
    return float(over(phases[measurand])) if measurand in phases else None


def _append(
    inbound: Inbound,
    element: Element,
    reading: Reading,
    key: int,
    evse_id: int | None,
    transaction_pk: int | None,
) -> bool:
    """Whether this element is new; if so, it is added to the unit of work."""
    conflict = False
    at = element.moment.at
    if _may_be_known(inbound, evse_id, at):
        known = MeterValue.objects.filter(
            charge_point_id=inbound.station.id, sampled_at=at, key=key
        ).first()
        if known is not None and known.samples == element.raw:
            return False
        if known is not None:
            key = _key(evse_id, transaction_pk, element.samples, values=True)
            conflict = True
            inbound.deviate("conflicting_meter_values")
            if MeterValue.objects.filter(
                charge_point_id=inbound.station.id, sampled_at=at, key=key
            ).exists():
                return False
    inbound.unit.append(
        MeterValue,
        (
            inbound.station.id,
            transaction_pk,
            evse_id,
            at,
            inbound.received_at,
            key,
            conflict,
            reading.energy_wh,
            reading.power_w,
            reading.current_a,
            reading.voltage_v,
            reading.soc_percent,
            element.raw,
        ),
    )
    return True


def _may_be_known(inbound: Inbound, evse_id: int | None, at: datetime) -> bool:
    """Whether the database must be asked for this sample: what is newer than all cannot be known.

    The newest time per EVSE is remembered for as long as the socket lasts; a unit of work that
    is run again by itself trusts only the database.
    """
    station, slot = inbound.station, evse_id or 0
    newest = station.metered_until.get(slot)
    if newest is None:
        newest = MeterValue.objects.filter(charge_point_id=station.id, evse_id=evse_id).aggregate(
            newest=Max("sampled_at")
        )["newest"]
    if newest is not None and at <= newest:
        return True

    def remember() -> None:
        station.metered_until[slot] = max(at, station.metered_until.get(slot, at))

    inbound.unit.after_commit(remember)
    return inbound.unit.alone


def _key(
    evse_id: int | None,
    transaction_pk: int | None,
    samples: Sequence[Sample],
    *,
    values: bool = False,
) -> int:
    parts: list[Any] = [evse_id, transaction_pk]
    for sample in samples:
        parts += (sample.context, sample.measurand, sample.phase, sample.location, sample.unit)
        if values:
            parts.append(sample.value)
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _touch(inbound: Inbound, transaction_pk: int, reading: Reading, at: datetime) -> None:
    inbound.unit.update(
        _TOUCH_TRANSACTION,
        (
            reading.energy_wh,
            reading.power_w,
            reading.current_a,
            reading.voltage_v,
            reading.soc_percent,
            at,
            transaction_pk,
            at,
        ),
    )


def _data(element: Element, reading: Reading) -> dict[str, Any]:
    return {
        "sampled_at": api_time(element.moment.at),
        "energy_wh": reading.energy_wh,
        "power_w": reading.power_w,
        "current_a": reading.current_a,
        "voltage_v": reading.voltage_v,
        "soc_percent": reading.soc_percent,
    }
