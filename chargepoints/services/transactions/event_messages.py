"""Transactions reported by numbered events (OCPP 2.0.1 E): out of order, repeated, with gaps."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db.models import Max

from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import AuthorizationStatus, ChargePoint, Transaction, TransactionEvent
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.commands import submission
from chargepoints.services.metering import registers
from chargepoints.services.metering.recording import Element
from chargepoints.services.tokens import reservations
from chargepoints.services.tokens.authorization import Decision
from chargepoints.services.transactions import closing, enum_values, lifecycle, lookup
from chargepoints.services.transactions.lifecycle import Start, Stop

STARTED, UPDATED, ENDED = "Started", "Updated", "Ended"
# TriggerReasonEnumType: a token was presented to charge with, or to stop.
AUTHORIZING = frozenset({"Authorized", "RemoteStart"})
STOPPED = "StopAuthorized"
# The maximum of the column; larger numbers are stored as this one.
LARGEST_SEQ_NO = 2**31 - 1

_EVENTS: PreparedQuery[TransactionEvent] = PreparedQuery(
    lambda transaction_pk, seq_no: TransactionEvent.objects.filter(
        transaction_id=transaction_pk, seq_no=seq_no
    )
)
_SEQ_NOS = PreparedQuery(
    lambda transaction_pk: (
        TransactionEvent.objects.filter(transaction_id=transaction_pk, conflict=False)
        .order_by()
        .values_list("seq_no")
    )
)
_WAS_RECEIVED = PreparedQuery(
    lambda charge_point_id, transaction_id, digest: TransactionEvent.objects.filter(
        transaction__charge_point_id=charge_point_id,
        transaction__transaction_id=transaction_id,
        transaction__superseded=False,
        digest=digest,
    ).values_list("id")[:1]
)


@dataclass(frozen=True, slots=True)
class EventMessage:
    """One event; `start` and `stop` contain its content, whatever its type.

    `numbered`: it contains a seqNo; otherwise it gets the next number.
    """

    event_type: str
    seq_no: int
    trigger_reason: str
    start: Start
    stop: Stop
    samples: Sequence[Element]
    content: dict[str, Any]
    numbered: bool = True


Answer = dict[str, Any]


def was_received(charge_point_id: int, transaction_id: str, content: dict[str, Any]) -> bool:
    """Whether the station sent the same event before and got an answer."""
    return _WAS_RECEIVED.exists(charge_point_id, transaction_id, _digest(content))


def generated_id(charge_point_id: int, content: dict[str, Any]) -> str:
    """The id for a transaction that the station reports without an id: that of the same event if it
    is stored already, else a new one.
    """
    digest = _digest(content)
    known = TransactionEvent.objects.filter(
        transaction__charge_point_id=charge_point_id, digest=digest
    )
    found = known.values_list("transaction__transaction_id", flat=True).first()
    return found or f"unnamed-{digest[:16]}"


def record(
    inbound: Inbound,
    message: EventMessage,
    decision: Decision | None,
    answer: Callable[[Transaction], Answer],
) -> Answer:
    """Store the event with its samples and its answer; a repetition gets the stored answer.

    The same number with the same content is a repetition. With other content, the first event
    counts and this one is stored as a conflict (P4): it adds what no earlier event reported, and
    its samples, because some stations give all events the same number.
    """
    row = lookup.find(inbound, message.stop.transaction_id)
    digest = _digest(message.content)
    if not message.numbered and row is not None:
        message = replace(message, seq_no=_place(row, digest))
    numbered = [] if row is None else _numbered(row, message.seq_no)
    for known in numbered:
        if known.digest == digest:
            inbound.deviate("conflicting_event" if known.conflict else "repeated_event")
            return known.answer or {}
    if row is not None and _begins_another(row, message):
        inbound.deviate("transaction_id_used_again")
        closing.supersede(inbound, row, message.start)
        row, numbered = None, []
    if row is not None and numbered:
        inbound.deviate("conflicting_event")
    if row is None or not numbered or _is_first_end(row, message):
        row = _take(inbound, row, message, decision)
    else:
        _updated(inbound, row, message, decision, latest=_is_latest_by_time(row, message))
        if message.event_type == UPDATED and message.start.evse_id in (None, row.evse_id):
            lifecycle.record_samples(inbound, row, message.samples)
    lookup.save(inbound, row)
    said = answer(row)
    _append(inbound, row, message, digest, said, conflict=bool(numbered))
    return said


def _numbered(row: Transaction, seq_no: int) -> list[TransactionEvent]:
    """The stored events with this number; a number above all others is new."""
    if row.last_seq_no is not None and seq_no > row.last_seq_no:
        return []
    return _EVENTS.all(row.pk, seq_no)


def _place(row: Transaction, digest: str) -> int:
    """The number for an event without one: the next, or that of the same event if it is stored.

    After the largest number there is no next one: it is used again, which makes a conflict.
    """
    same = row.events.filter(digest=digest).values_list("seq_no", flat=True).first()
    if same is not None:
        return same
    last: int | None = row.events.aggregate(last=Max("seq_no"))["last"]
    return 0 if last is None else min(last + 1, LARGEST_SEQ_NO)


def _take(
    inbound: Inbound, row: Transaction | None, message: EventMessage, decision: Decision | None
) -> Transaction:
    """Apply a new event to its transaction, which may be new as well."""
    if message.event_type == STARTED:
        row = _started(inbound, row, message, decision)
    else:
        row = row or _unknown(inbound, message)
        _updated(inbound, row, message, decision)
    lifecycle.record_samples(inbound, row, message.samples)
    if message.event_type == ENDED:
        if row.ended_at is None or row.closed_by or _ends_later(row, message):
            lifecycle.end(inbound, row, message.stop)
        if numbers_are_missing(row, message.seq_no):
            _ask_for_the_rest(inbound, row)
    return row


def _ends_later(row: Transaction, message: EventMessage) -> bool:
    """Whether this further end is the latest event and has a higher meter value than the first one:
    some stations end a transaction when it is stopped, and again when the cable is unplugged.
    """
    if lifecycle.adds_meter_stop(row, message.stop):
        return True
    told, known = message.stop.meter_wh, row.meter_stop_wh
    if told is None or known is None or message.seq_no != row.last_seq_no or told <= known:
        return False
    return registers.goes_on(row, told, message.stop.moment)


def _is_first_end(row: Transaction, message: EventMessage) -> bool:
    return message.event_type == ENDED and row.ended_at is None


def _begins_another(row: Transaction, message: EventMessage) -> bool:
    """Whether the station reuses an id, as some do that count from 1 after a restart.

    The new start is later than all events of the earlier transaction, which has ended, or was
    interrupted by a restart of the station. Otherwise the start is a conflict.
    """
    if message.event_type != STARTED or row.started_at is None:
        return False
    latest = row.events.aggregate(occurred=Max("occurred_at"), received=Max("received_at"))
    if latest["occurred"] is None or message.start.moment.at <= latest["occurred"]:
        return False
    restarted = ChargePoint.objects.filter(pk=row.charge_point_id, booted_at__gt=latest["received"])
    return row.ended_at is not None or restarted.exists()


def numbers_are_missing(row: Transaction, coming: int) -> bool:
    """Whether the numbers have gaps, including the number of the event that is being stored."""
    numbers = {coming, *(seq_no for (seq_no,) in _SEQ_NOS.all(row.pk))}
    return max(numbers) - min(numbers) >= len(numbers)


def _ask_for_the_rest(inbound: Inbound, row: Transaction) -> None:
    """2.0.1 E14: ask whether the missing events are still in the station's queue."""
    inbound.deviate("events_missing")
    if not inbound.station.proactive:
        return
    submission.submit(
        ChargePoint.objects.get(pk=inbound.station.id),
        "get_transaction_status",
        {"transaction_id": row.transaction_id},
        requested_by="gateway",
    )


def _started(
    inbound: Inbound, row: Transaction | None, message: EventMessage, decision: Decision | None
) -> Transaction:
    if row is not None and row.started_at is not None and not row.orphan:
        inbound.deviate("started_twice")
        row.last_seq_no = max(message.seq_no, row.last_seq_no or message.seq_no)
        return row
    late = row is not None
    row = row or row_changes.new(Transaction, charge_point_id=inbound.station.id)
    row.last_seq_no = max(message.seq_no, row.last_seq_no or message.seq_no)
    closing.close_earlier(inbound, message.start)
    row = lifecycle.begin(
        inbound,
        message.start,
        decision,
        row=row,
        transaction_id=message.stop.transaction_id,
    )
    if late:
        inbound.deviate("started_late")
    return row


def _is_latest_by_time(row: Transaction, message: EventMessage) -> bool:
    """Whether an event that repeats the last number is later than all stored events."""
    if message.event_type != UPDATED or message.seq_no != row.last_seq_no:
        return False
    latest = row.events.aggregate(at=Max("occurred_at"))["at"]
    return latest is not None and message.start.moment.at > latest


def _updated(
    inbound: Inbound,
    row: Transaction,
    message: EventMessage,
    decision: Decision | None,
    *,
    latest: bool = False,
) -> None:
    """Apply an event, except for what a later event has already reported."""
    latest = latest or row.last_seq_no is None or message.seq_no > row.last_seq_no
    before = _reported_to_core(row)
    start = message.start
    if latest:
        row.last_seq_no = message.seq_no
        if row.ended_at is None:
            if told := enum_values.charging_state(start.charging_state):
                row.charging_state = told
                lifecycle.nothing_flows(row, start.moment)
        elif message.event_type == UPDATED and not row.closed_by:
            # It only adds to the history of the transaction.
            inbound.deviate("updated_after_end")
        lifecycle.add_limits_and_details(row, start)
    _fill_in(inbound, row, start)
    if message.event_type == UPDATED and _is_authorized_by(row, message, decision):
        lifecycle.authorize(inbound, row, start.token, decision)
        if start.reservation_id is None:
            reservations.use(inbound, None, row)
    if message.trigger_reason == STOPPED:
        # The transaction may end later without a token, when the cable is unplugged.
        lifecycle.stopped_by(row, message.stop.token)
    if start.remotely or (row.remote_start_id is not None and before[2] is None):
        lifecycle.confirm_start(inbound, row, start)
    if before != _reported_to_core(row) and not row.ended_at:
        inbound.emit("transaction.updated", lifecycle.describe(row), start.moment)


def _fill_in(inbound: Inbound, row: Transaction, start: Start) -> None:
    """Add what earlier messages did not contain about the start."""
    row.evse_id = row.evse_id or start.evse_id
    row.connector_id = row.connector_id or start.connector_id
    row.remote_start_id = row.remote_start_id or start.remote_start_id
    if row.reservation_id is None and start.reservation_id is not None:
        row.reservation_id = start.reservation_id
        reservations.use(inbound, start.reservation_id, row)
    if row.meter_start_wh is None:
        lifecycle.take_first_reading(inbound, row, start)


def _reported_to_core(row: Transaction) -> tuple[Any, ...]:
    """The fields whose change is reported to core."""
    return row.charging_state, row.id_token, row.remote_start_id, row.limits, row.details


def _is_authorized_by(row: Transaction, message: EventMessage, decision: Decision | None) -> bool:
    """E03: with the cable first, the token follows in an Updated event; after a refused token,
    another one may follow.
    """
    if not row.id_token:
        return True
    refused = row.authorization_status not in ("", AuthorizationStatus.ACCEPTED)
    accepted = decision is not None and decision.accepted
    return refused and accepted and message.trigger_reason in AUTHORIZING


def _unknown(inbound: Inbound, message: EventMessage) -> Transaction:
    """A transaction that is first seen in a later event; its Started may still come."""
    inbound.deviate("unknown_transaction")
    row = row_changes.new(
        Transaction,
        charge_point_id=inbound.station.id,
        transaction_id=message.stop.transaction_id,
        orphan=True,
        evse_id=message.start.evse_id,
        connector_id=message.start.connector_id,
    )
    lookup.save(inbound, row)
    return row


def _append(
    inbound: Inbound,
    row: Transaction,
    message: EventMessage,
    digest: str,
    said: Answer,
    *,
    conflict: bool,
) -> None:
    inbound.unit.append(
        TransactionEvent,
        TransactionEvent.row(
            transaction_id=row.pk,
            seq_no=message.seq_no,
            event_type=clip(message.event_type, 20),
            trigger_reason=clip(message.trigger_reason, 50),
            occurred_at=message.start.moment.at,
            received_at=inbound.received_at,
            offline=message.start.offline,
            digest=digest,
            conflict=conflict,
            answer=said or None,
        ),
    )


def _digest(content: dict[str, Any]) -> str:
    # Clients set `offline` when they send an event again from their queue.
    compared = {name: value for name, value in content.items() if name != "offline"}
    text = orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
