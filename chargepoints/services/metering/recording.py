"""Meter values: stores every sample as sent, and the common measurands as typed columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max

from chargepoints.clock import Moment, api_time
from chargepoints.models import MeterValue, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.metering import most_power, register_steps, registers
from chargepoints.services.metering.readings import Kind, Reading, Shape, Values, digest, shape_of
from chargepoints.services.transactions import limits

# Samples by natural key: time and digest.
Known = dict[tuple[datetime, int], list[Any]]

CLOCK_SET_BACK = "clock_set_back"
QUERIED_ONE_BY_ONE = 8
# A message may contain the samples of a whole night.
MOST_IN_AN_EVENT = 500


class Element(NamedTuple):
    """The samples of one moment: as sent, and their neutral kinds and values."""

    moment: Moment
    raw: list[Any]
    kinds: tuple[Kind, ...]
    values: Values


def record(
    inbound: Inbound,
    elements: Sequence[Element],
    *,
    evse_id: int | None,
    transaction: Transaction | None,
    transaction_id: str | None,
) -> None:
    """Store new samples, report them to core, and update the transaction, which the caller saves.

    A repeated element writes nothing; other values with the same key are stored as a conflict (P4).
    """
    recorded = []
    known = _known_among(inbound, elements)
    taken: set[tuple[datetime, int]] = set()
    transaction_pk = transaction.id if transaction else None
    for element in elements:
        if not element.kinds:
            inbound.deviate("no_samples")
            continue
        shape = shape_of(element.kinds)
        reading = shape.read(element.values)
        for odd in shape.deviations:
            inbound.deviate(odd)
        key = _key(evse_id, transaction_pk, shape)
        if (element.moment.at, key) in taken:
            inbound.deviate("same_samples_twice")
            continue
        taken.add((element.moment.at, key))
        if not _append(inbound, element, reading, key, evse_id, transaction_pk, known):
            continue
        recorded.append(_data(element, reading))
        if transaction is not None:
            _touch(inbound, transaction, reading, element.moment)
    if transaction is not None and transaction.limits:
        limits.keep(inbound, transaction)
    for at in range(0, len(recorded), MOST_IN_AN_EVENT):
        part = recorded[at : at + MOST_IN_AN_EVENT]
        inbound.emit(
            "meter_values.recorded",
            {
                "evse_id": evse_id,
                "transaction": transaction_pk,
                "transaction_id": transaction_id,
                "meter_values": part,
            },
            elements[0].moment,
        )


def _append(
    inbound: Inbound,
    element: Element,
    reading: Reading,
    key: int,
    evse_id: int | None,
    transaction_pk: int | None,
    known: Known | None,
) -> bool:
    """Add the element to the unit of work if it is new, and return whether it is."""
    conflict = False
    at = element.moment.at
    if _may_be_known(inbound, evse_id, at):
        known = known if known is not None else _known(inbound, [at])
        samples = known.get((at, key))
        if samples == element.raw:
            return False
        if samples is not None:
            key ^= digest(element.values)
            conflict = True
            inbound.deviate("conflicting_meter_values")
            if (at, key) in known:
                return False
    inbound.unit.append(
        MeterValue,
        MeterValue.row(
            charge_point_id=inbound.station.id,
            transaction_id=transaction_pk,
            evse_id=evse_id,
            sampled_at=at,
            received_at=inbound.received_at,
            key=key,
            conflict=conflict,
            energy_wh=reading.energy_wh,
            power_w=reading.power_w,
            current_a=reading.current_a,
            voltage_v=reading.voltage_v,
            soc_percent=reading.soc_percent,
            samples=element.raw,
        ),
    )
    return True


def _known_among(inbound: Inbound, elements: Sequence[Element]) -> Known | None:
    """Find the stored ones among many elements, with few queries."""
    if len(elements) <= QUERIED_ONE_BY_ONE:
        return None
    times = sorted({element.moment.at for element in elements})
    known: Known = {}
    for at in range(0, len(times), MOST_IN_AN_EVENT):
        known |= _known(inbound, times[at : at + MOST_IN_AN_EVENT])
    return known


def _known(inbound: Inbound, times: Sequence[datetime]) -> Known:
    found = MeterValue.objects.filter(charge_point_id=inbound.station.id, sampled_at__in=times)
    return {
        (at, key): samples for at, key, samples in found.values_list("sampled_at", "key", "samples")
    }


def _may_be_known(inbound: Inbound, evse_id: int | None, at: datetime) -> bool:
    """Whether the database may have this sample: a sample newer than all others cannot be stored.

    The newest time of each EVSE is kept in memory while the charger is connected; a unit of work
    that runs alone trusts only the database.
    """
    station, slot = inbound.station, evse_id or 0
    newest = station.metered_until.get(slot)
    if newest is None:
        newest = MeterValue.objects.filter(charge_point_id=station.id, evse_id=evse_id).aggregate(
            newest=Max("sampled_at")
        )["newest"]
    if newest is not None and at <= newest:
        return True
    # Set before the commit: if that fails, the repeated sample causes one more query.
    station.metered_until[slot] = at
    return inbound.unit.alone


def _key(evse_id: int | None, transaction_pk: int | None, shape: Shape) -> int:
    return shape.digest ^ (transaction_pk or 0) << 16 ^ (evse_id or 0)


def _touch(inbound: Inbound, row: Transaction, reading: Reading, moment: Moment) -> None:
    """Update the transaction's latest values; keep those that these samples do not contain.

    After the charger's own end, samples add to the history only.
    """
    at = moment.at
    if row.ended_at is not None and not row.closed_by:
        return
    if row.sampled_at is not None and at < row.sampled_at:
        if not _is_later_by_its_register(inbound, row, reading):
            return
        inbound.deviate(CLOCK_SET_BACK)
    row.sampled_at = at
    if row.ended_at is not None:
        # The transaction has ended: no power, whatever the last sample says.
        row.power_w = row.current_a = None
    else:
        row.power_w = row.power_w if reading.power_w is None else reading.power_w
        row.current_a = row.current_a if reading.current_a is None else reading.current_a
    if reading.voltage_v is not None:
        row.voltage_v = reading.voltage_v
    if reading.soc_percent is not None:
        row.soc_percent = reading.soc_percent
    if reading.energy_wh is not None:
        most_w = most_power.of_evse(inbound.station, row.evse_id)
        if odd := registers.take(row, reading.energy_wh, moment, most_w):
            inbound.deviate(odd)
            registers.note(row, [odd])


def _is_later_by_its_register(inbound: Inbound, row: Transaction, reading: Reading) -> bool:
    """Whether the charge point set its clock back, as at the end of summer time: the register went
    up since the latest sample, although the time is earlier.
    """
    wh, latest = reading.energy_wh, row.meter_latest_wh
    if wh is None or latest is None or wh <= latest or inbound.station.strict:
        return False
    return register_steps.is_ordinary(row, wh, most_power.of_evse(inbound.station, row.evse_id))


def _data(element: Element, reading: Reading) -> dict[str, Any]:
    return {
        "sampled_at": api_time(element.moment.at),
        "energy_wh": reading.energy_wh,
        "power_w": reading.power_w,
        "current_a": reading.current_a,
        "voltage_v": reading.voltage_v,
        "soc_percent": reading.soc_percent,
    }
