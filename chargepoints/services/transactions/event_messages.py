"""Transactions reported by numbered events (OCPP 2.0.1 E): in any order, repeated, with holes."""

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
from chargepoints.services.transactions import closing, lifecycle, lookup, words
from chargepoints.services.transactions.lifecycle import Start, Stop

STARTED, UPDATED, ENDED = "Started", "Updated", "Ended"
# TriggerReasonEnumType: a token was presented to charge with, or to stop.
AUTHORIZING = frozenset({"Authorized", "RemoteStart"})
STOPPED = "StopAuthorized"
# That the store takes; larger ones are kept as this.
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
    """One event: `start` and `stop` hold what it says, whichever type it has.

    `numbered`: it has a `seq_no` of its own; else its place is the one in which it came.
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
    """Whether the station sent this very event before, and was answered."""
    return _WAS_RECEIVED.exists(charge_point_id, transaction_id, _digest(content))


def name_of_unnamed(charge_point_id: int, content: dict[str, Any]) -> str:
    """The id for a transaction whose station gives it none: that under which this very event was
    stored before, or one of ours.
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
    """Store the event, with its samples and what it is answered, unless it is a repetition: which
    is answered what it was the first time.

    The same number with the same content is a repetition; with other content the first is kept,
    and this one beside it as a conflict (P4), from which is taken what no event had said, and what
    it has sampled: some stations give all events one number.
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
    """The events that had this number before; what is above all of them is new."""
    if row.last_seq_no is not None and seq_no > row.last_seq_no:
        return []
    return _EVENTS.all(row.pk, seq_no)


def _place(row: Transaction, digest: str) -> int:
    """The number of an event that has none: the next one, or where the same was kept before.

    After the largest number it is that number once more, and so beside it as a conflict.
    """
    same = row.events.filter(digest=digest).values_list("seq_no", flat=True).first()
    if same is not None:
        return same
    last: int | None = row.events.aggregate(last=Max("seq_no"))["last"]
    return 0 if last is None else min(last + 1, LARGEST_SEQ_NO)


def _take(
    inbound: Inbound, row: Transaction | None, message: EventMessage, decision: Decision | None
) -> Transaction:
    """What a new event says of its transaction, which may be new as well."""
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
    """Whether this further end is the last of all events and has a reading above that of the first
    one: some stations end a transaction once it is stopped, and once the cable is out.
    """
    if lifecycle.tells_more(row, message.stop):
        return True
    told, known = message.stop.meter_wh, row.meter_stop_wh
    if told is None or known is None or message.seq_no != row.last_seq_no or told <= known:
        return False
    return registers.goes_on(row, told, message.stop.moment)


def _is_first_end(row: Transaction, message: EventMessage) -> bool:
    return message.event_type == ENDED and row.ended_at is None


def _begins_another(row: Transaction, message: EventMessage) -> bool:
    """Whether the station uses an id again, as some do that count from 1 after a restart.

    It begins after all that is known of the earlier transaction, which has ended, or ended with
    a restart of the station; otherwise it is in conflict with the start that is known.
    """
    if message.event_type != STARTED or row.started_at is None:
        return False
    latest = row.events.aggregate(occurred=Max("occurred_at"), received=Max("received_at"))
    if latest["occurred"] is None or message.start.moment.at <= latest["occurred"]:
        return False
    restarted = ChargePoint.objects.filter(pk=row.charge_point_id, booted_at__gt=latest["received"])
    return row.ended_at is not None or restarted.exists()


def numbers_are_missing(row: Transaction, coming: int) -> bool:
    """Whether there are holes between the first and the last number: those that came, and this."""
    numbers = {coming, *(seq_no for (seq_no,) in _SEQ_NOS.all(row.pk))}
    return max(numbers) - min(numbers) >= len(numbers)


def _ask_for_the_rest(inbound: Inbound, row: Transaction) -> None:
    """2.0.1 E14: whether what is missing is still in the station's queue."""
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
    closing.by_next_start(inbound, message.start)
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
    """Whether an event with the number of the last one tells of a later time than all others."""
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
    """What an event adds, unless a later one has said it already."""
    latest = latest or row.last_seq_no is None or message.seq_no > row.last_seq_no
    before = _told(row)
    start = message.start
    if latest:
        row.last_seq_no = message.seq_no
        if row.ended_at is None:
            if told := words.charging_state(start.charging_state):
                row.charging_state = told
                lifecycle.nothing_flows(row, start.moment)
        elif message.event_type == UPDATED and not row.closed_by:
            # It adds to the history: what is live of the transaction has ended.
            inbound.deviate("updated_after_end")
        lifecycle.tell_more(row, start)
    _fill_in(inbound, row, start)
    if message.event_type == UPDATED and _is_authorized_by(row, message, decision):
        lifecycle.authorize(inbound, row, start.token, decision)
        if start.reservation_id is None:
            reservations.use(inbound, None, row)
    if message.trigger_reason == STOPPED:
        # The transaction may end later, by the cable, without a token.
        lifecycle.stopped_by(row, message.stop.token)
    if start.remotely or (row.remote_start_id is not None and before[2] is None):
        lifecycle.confirm_start(inbound, row, start)
    if before != _told(row) and not row.ended_at:
        inbound.emit("transaction.updated", lifecycle.describe(row), start.moment)


def _fill_in(inbound: Inbound, row: Transaction, start: Start) -> None:
    """Add what earlier messages did not say about the start."""
    row.evse_id = row.evse_id or start.evse_id
    row.connector_id = row.connector_id or start.connector_id
    row.remote_start_id = row.remote_start_id or start.remote_start_id
    if row.reservation_id is None and start.reservation_id is not None:
        row.reservation_id = start.reservation_id
        reservations.use(inbound, start.reservation_id, row)
    if row.meter_start_wh is None:
        lifecycle.take_first_reading(inbound, row, start)


def _told(row: Transaction) -> tuple[Any, ...]:
    """What core is told of when it changes."""
    return row.charging_state, row.id_token, row.remote_start_id, row.limits, row.details


def _is_authorized_by(row: Transaction, message: EventMessage, decision: Decision | None) -> bool:
    """E03: cable first, the token follows in an Updated event; and after a token that was refused,
    another may.
    """
    if not row.id_token:
        return True
    refused = row.authorization_status not in ("", AuthorizationStatus.ACCEPTED)
    accepted = decision is not None and decision.accepted
    return refused and accepted and message.trigger_reason in AUTHORIZING


def _unknown(inbound: Inbound, message: EventMessage) -> Transaction:
    """Heard of by an event in its middle: its Started may still come."""
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
    # Clients set `offline` on what they queue again.
    compared = {name: value for name, value in content.items() if name != "offline"}
    text = orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
