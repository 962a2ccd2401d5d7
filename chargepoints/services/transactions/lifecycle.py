"""Start, update and end transactions, for all versions of OCPP, and report them to core."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chargepoints import key_codes
from chargepoints.clock import Moment, api_time, is_backfill
from chargepoints.database import row_changes
from chargepoints.event_types import EventType
from chargepoints.models import (
    AuthorizationStatus,
    ChargingState,
    MeterSource,
    TimeQuality,
    Transaction,
)
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.commands import awaited_starts, outcomes
from chargepoints.services.metering import most_power, recording, registers
from chargepoints.services.metering.recording import Element
from chargepoints.services.smart_charging import installed_profiles
from chargepoints.services.stations import clock_skew, display_messages
from chargepoints.services.tokens import reservations, vehicles
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import enum_values, limits, lookup, other_rows

ENDED_BEFORE_START = "ended_before_start"
OTHER_TOKEN = "other_token_than_sent"  # noqa: S105  (a deviation)


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a transaction. `transaction_id` None: the gateway assigns it (1.6).

    `answer`: the part of the answer that depends on the decision; it is stored and repeated for a
    repeated message (P4). `remotely`: whether the charger says that a command started it; None if
    it does not say.
    """

    moment: Moment
    evse_id: int | None
    connector_id: int | None = None
    transaction_id: str | None = None
    token: TokenAsked | None = None
    meter_wh: float | None = None
    reservation_id: int | None = None
    remote_start_id: int | None = None
    offline: bool = False
    charging_state: str = ""
    remotely: bool | None = None
    limits: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a transaction; `answer` as for Start."""

    moment: Moment
    transaction_id: str
    meter_wh: float | None = None
    reason: str = ""
    token: TokenAsked | None = None
    samples: Sequence[Element] = ()
    answer: dict[str, Any] | None = None


def start_effect(value: str) -> str:
    """The effect key of a start command: its remote start id, or EVSE and token (1.6)."""
    return f"start:{value}"[:100]


def stop_effect(transaction_id: str) -> str:
    return f"stop:{transaction_id}"[:100]


def charging_state(inbound: Inbound, evse_id: int, state: str, moment: Moment) -> None:
    """Set the charging state (of 2.0.1) of the open transaction on this EVSE."""
    row = lookup.open_here(inbound, evse_id)
    if row is None or row.charging_state == state or _began_after(inbound, row, moment):
        return
    row.charging_state = state
    nothing_flows(row, moment)
    lookup.save(inbound, row)
    inbound.emit("transaction.updated", describe(row), moment)


def nothing_flows(row: Transaction, moment: Moment) -> None:
    """Remove power and current, unless the car is charging: some chargers sample them only then."""
    if row.charging_state == ChargingState.CHARGING or not row.charging_state:
        return
    if row.sampled_at is None or row.sampled_at <= moment.at:
        row.power_w = row.current_a = None


def _began_after(inbound: Inbound, row: Transaction, moment: Moment) -> bool:
    """Whether a late report is about a time before this transaction."""
    if row.started_at is None or row.time_quality != TimeQuality.CHARGER:
        return False
    return moment.at < row.started_at and is_backfill(moment.at, inbound.received_at)


def begin(
    inbound: Inbound,
    start: Start,
    decision: Decision | None,
    *,
    row: Transaction | None = None,
    transaction_id: str,
    start_key: str | None = None,
) -> Transaction:
    """Write the start, into `row` if earlier messages created it, and report it to core.

    Values that later messages have already reported stay if the start does not contain them.
    """
    row = row or row_changes.new(Transaction, charge_point_id=inbound.station.id)
    row.transaction_id = transaction_id
    row.start_key, row.start_answer = start_key, start.answer
    clock_skew.observe(inbound, start.moment)
    row.orphan = False
    for name in ("evse_id", "connector_id", "reservation_id", "remote_start_id"):
        if (said := getattr(start, name)) is not None:
            setattr(row, name, said)
    row.started_at = start.moment.at
    row.started_received_at = inbound.received_at
    row.time_quality = start.moment.quality
    take_first_reading(inbound, row, start)
    row.offline = start.offline
    if row.ended_at is not None and row.ended_at < row.started_at:
        inbound.deviate(ENDED_BEFORE_START)
        registers.note(row, [ENDED_BEFORE_START])
    if row.ended_at is None:
        row.charging_state = row.charging_state or enum_values.charging_state(start.charging_state)
    authorize(inbound, row, start.token, decision)
    _take_vehicle(inbound, row)
    add_limits_and_details(row, start)
    lookup.save(inbound, row)
    reservations.use(inbound, start.reservation_id, row)
    inbound.emit("transaction.started", describe(row), start.moment)
    confirm_start(inbound, row, start)
    return row


def authorize(
    inbound: Inbound, row: Transaction, token: TokenAsked | None, decision: Decision | None
) -> None:
    """Store the token, the decision about it, and the limits."""
    if token is not None:
        row.id_token = clip(token.value, 255)
        row.id_token_type = clip(token.type, 20)
        if token.vehicle is not None:
            row.vehicle_id, row.vehicle_type = clip(token.vehicle.id, 255), token.vehicle.type
    if decision is not None:
        row.authorization_status = decision.status
        row.decided_by = decision.decided_by
        row.group_id_token = decision.group_id_token or ""
        if decision.limits:
            limits.set_limits(inbound, row, decision.limits)


def _take_vehicle(inbound: Inbound, row: Transaction) -> None:
    """Use the vehicle that was reported before the transaction started."""
    station = inbound.station
    vehicle = vehicles.waiting(station, row.evse_id, inbound.received_at)
    if vehicle is None:
        return
    if not row.vehicle_id:
        row.vehicle_id, row.vehicle_type = clip(vehicle.id, 255), vehicle.type
    inbound.unit.after_commit(lambda: vehicles.forget(station, vehicle))


def vehicle_reported(inbound: Inbound, told: vehicles.ReportedVehicle | None) -> None:
    """Store a reported vehicle with its open transaction, or remember it for the next one."""
    if told is None:
        return
    row = _of_vehicle(inbound, told)
    if row is None:
        station, at = inbound.station, inbound.received_at
        inbound.unit.after_commit(lambda: vehicles.remember(station, told, at))
        return
    if (row.vehicle_id, row.vehicle_type) == tuple(told.vehicle):
        return
    row.vehicle_id, row.vehicle_type = clip(told.vehicle.id, 255), told.vehicle.type
    lookup.save(inbound, row)
    inbound.emit("transaction.updated", describe(row))


def _of_vehicle(inbound: Inbound, told: vehicles.ReportedVehicle) -> Transaction | None:
    if told.transaction_id is not None:
        row = lookup.find(inbound, clip(told.transaction_id, 255))
        return row if row is not None and row.ended_at is None else None
    if told.evse_id is not None:
        return lookup.open_here(inbound, told.evse_id)
    only = list(lookup.known_open(inbound))
    return lookup.find(inbound, only[0]) if len(only) == 1 else None


def add_limits_and_details(row: Transaction, start: Start) -> None:
    """Add the limits and details that some versions report; keep what is not reported again."""
    if start.limits:
        # E16.FR.17: a limit may be changed, and never goes away.
        row.limits = (row.limits or {}) | start.limits
    if start.details:
        row.details = (row.details or {}) | start.details


def add_details(inbound: Inbound, transaction_id: str, details: dict[str, Any]) -> None:
    """Add details that other messages report about an open transaction; report news to core."""
    row = lookup.find(inbound, clip(transaction_id, 255))
    if row is None:
        inbound.deviate("unknown_transaction")
        return
    told = (row.details or {}) | details
    if told == row.details or row.ended_at is not None:
        return
    row.details = told
    lookup.save(inbound, row)
    inbound.emit("transaction.updated", describe(row))


def adds_meter_stop(row: Transaction, stop: Stop) -> bool:
    """Whether this further end contains the meter value that was missing in the first one."""
    if row.meter_stop_source == MeterSource.CHARGER or stop.meter_wh is None:
        return False
    return registers.goes_on(row, stop.meter_wh, stop.moment)


def end(inbound: Inbound, row: Transaction, stop: Stop) -> Transaction:
    corrects = row.ended_at is not None
    record_samples(inbound, row, stop.samples)
    clock_skew.observe(inbound, stop.moment)
    _take_last_reading(inbound, row, stop)
    row.ended_at = stop.moment.at
    row.ended_received_at = inbound.received_at
    row.closed_by = ""
    row.stop_answer = row.stop_answer or stop.answer
    row.stop_reason = enum_values.stop_reason(stop.reason)
    stopped_by(row, stop.token)
    row.power_w = row.current_a = None
    row.charging_state = ""
    lookup.save(inbound, row)
    limits.ended(row)
    others = other_rows.of(inbound)
    if others.profiles_of_transactions:
        installed_profiles.transaction_ended(row.charge_point_id, row.evse_id, row.transaction_id)
    if others.messages_of_transactions:
        display_messages.transaction_ended(inbound.unit, row.charge_point_id, row.transaction_id)
    event: EventType = "transaction.corrected" if corrects else "transaction.ended"
    inbound.emit(event, describe(row), stop.moment)
    if others.awaiting_commands:
        outcomes.confirm_effect(
            inbound.unit, inbound.station.id, stop_effect(row.transaction_id), row.pk
        )
    return row


def take_first_reading(inbound: Inbound, row: Transaction, start: Start) -> None:
    odd = registers.start(row, start.meter_wh)
    for each in odd:
        inbound.deviate(each)
    registers.note(row, odd)


def _take_last_reading(inbound: Inbound, row: Transaction, stop: Stop) -> None:
    sample = registers.odd_reading(row) or row.meter_latest_wh
    most_w = most_power.of_evse(inbound.station, row.evse_id)
    odd = registers.stop(row, stop.meter_wh, stop.reason, stop.moment, most_w)
    if not odd and registers.ends_below_start(row):
        # The register fell back, or counts per session.
        odd.append(registers.FELL_BACK)
    elif not odd and _is_thousandfold(stop.meter_wh, sample):
        # kWh labelled Wh: the register counts, samples stay as sent.
        odd.append("samples_on_another_scale")
    if row.started_at is not None and stop.moment.at < row.started_at:
        odd.append(ENDED_BEFORE_START)
    for each in odd:
        inbound.deviate(each)
    registers.note(row, odd)


def stopped_by(row: Transaction, token: TokenAsked | None) -> None:
    """Keep the token that stopped the transaction, for display only."""
    if token is not None:
        row.stop_id_token = shown_token(token)


def shown_token(token: TokenAsked) -> str:
    return clip(key_codes.shown_value(token.value, token.type), 255)


def _is_thousandfold(register: float | None, sample: float | None) -> bool:
    return bool(register and sample and not 0.01 < register / sample < 100)


def record_samples(inbound: Inbound, row: Transaction, samples: Sequence[Element]) -> None:
    """Store the meter values in a message about this transaction."""
    if not samples:
        return
    if row._state.adding:
        lookup.save(inbound, row)
    recording.record(
        inbound,
        samples,
        evse_id=row.evse_id,
        transaction=row,
        transaction_id=row.transaction_id,
    )


def describe(row: Transaction) -> dict[str, Any]:
    """The data of a transaction in events; the same for every version."""
    token = {"value": row.id_token, "type": row.id_token_type or None} if row.id_token else None
    return {
        "id": row.pk,
        "transaction_id": row.transaction_id,
        "evse_id": row.evse_id,
        "connector_id": row.connector_id,
        "id_token": token,
        "vehicle": row.vehicle,
        "authorization_status": row.authorization_status or None,
        "decided_by": row.decided_by or None,
        "started_at": api_time(row.started_at),
        "ended_at": api_time(row.ended_at),
        "meter_start_wh": row.meter_start_wh,
        "meter_stop_wh": row.meter_stop_wh,
        "meter_stop_source": row.meter_stop_source or None,
        "energy_wh": row.energy_wh,
        "total_cost": row.total_cost,
        "charging_state": row.charging_state or None,
        "stop_reason": row.stop_reason or None,
        "reservation_id": row.reservation_id,
        "remote_start_id": row.remote_start_id,
        "limits": row.limits,
        "details": row.details,
        "offline": row.offline,
        "orphan": row.orphan,
        "closed_by": row.closed_by or None,
        "deviations": row.deviations,
    }


def confirm_start(inbound: Inbound, row: Transaction, start: Start) -> None:
    """Confirm the start command of this transaction, if any; `start`: the present message."""
    if not other_rows.of(inbound).awaiting_commands:
        return
    keys = [f"{row.evse_id}:{row.id_token}", f"0:{row.id_token}"]
    if row.remote_start_id is not None:
        keys = [str(row.remote_start_id)]
    effects = [start_effect(key.lower()) for key in keys]
    refused = row.authorization_status not in ("", AuthorizationStatus.ACCEPTED)
    waiting = outcomes.awaited(inbound.station.id, effects)
    if row.remote_start_id is None and row.id_token:
        # 2.0.1 F02.FR.01 requires remoteStartId, which some stations leave out.
        waiting = waiting or awaited_starts.of_token(inbound.station.id, row.evse_id, row.id_token)
    if not waiting and row.remote_start_id is None:
        waiting = _by_place_and_time(inbound, row, start)
    for effect in waiting:
        if refused:
            # The charge point is about to stop it again: nobody charges.
            outcomes.deny_start(inbound.unit, inbound.station.id, effect, row)
        else:
            outcomes.confirm_effect(inbound.unit, inbound.station.id, effect, row.pk)


def _by_place_and_time(inbound: Inbound, row: Transaction, start: Start) -> list[str]:
    """The effect of the only matching command, if the charger reports another token than sent."""
    old = start.offline or is_backfill(start.moment.at, inbound.received_at)
    told = start.remotely or (start.remotely is None and start.token is not None)
    if inbound.station.strict or old or not told:
        return []
    waiting = awaited_starts.of_another_token(
        inbound.station.id,
        row.evse_id,
        None if start.remotely else row.id_token,
        start.moment.at,
    )
    if waiting:
        inbound.deviate(OTHER_TOKEN)
    return waiting
