"""Transactions told by numbered events (OCPP 2.0.1 E): in any order, more than once, with holes."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Max

from chargepoints.inbound import Inbound, clip
from chargepoints.models import AuthorizationStatus, ChargePoint, Transaction, TransactionEvent
from chargepoints.services import closing, commands, reservations, transaction_lookup, transactions
from chargepoints.services.authorization import Decision
from chargepoints.services.metering import Element
from chargepoints.services.transactions import Start, Stop

STARTED, UPDATED, ENDED = "Started", "Updated", "Ended"
# TriggerReasonEnumType: a token was presented to charge with, or to stop.
AUTHORIZING = frozenset({"Authorized", "RemoteStart"})
STOPPED = "StopAuthorized"


@dataclass(frozen=True, slots=True)
class Told:
    """One event: `start` and `stop` hold what it says, whichever type it has."""

    event_type: str
    seq_no: int
    trigger_reason: str
    start: Start
    stop: Stop
    samples: Sequence[Element]
    content: dict[str, Any]


Answer = dict[str, Any]


def was_told(charge_point_id: int, transaction_id: str, content: dict[str, Any]) -> bool:
    """Whether the station told this very event before, and was answered."""
    return TransactionEvent.objects.filter(
        transaction__charge_point_id=charge_point_id,
        transaction__transaction_id=transaction_id,
        transaction__superseded=False,
        digest=_digest(content),
    ).exists()


def record(
    inbound: Inbound,
    told: Told,
    decision: Decision | None,
    answer: Callable[[Transaction], Answer],
) -> Answer:
    """Store the event, with its samples and what it is answered, unless it is a repetition: which
    is answered what it was the first time.

    The same number with the same content is a repetition; with other content the first is kept,
    and this one beside it as a conflict (P4), from which is taken only what nobody had told: some
    stations give all events one number.
    """
    row = transaction_lookup.find(
        inbound, told.stop.transaction_id, to_end=told.event_type == ENDED
    )
    numbered = [] if row is None else list(row.events.filter(seq_no=told.seq_no))
    digest = _digest(told.content)
    for known in numbered:
        if known.digest == digest:
            inbound.deviate("conflicting_event" if known.conflict else "repeated_event")
            return known.answer or {}
    if row is not None and _begins_another(row, told):
        inbound.deviate("transaction_id_used_again")
        closing.supersede(inbound, row, told.start)
        row, numbered = None, []
    if row is not None and numbered:
        inbound.deviate("conflicting_event")
    if row is None or not numbered or _is_first_end(row, told):
        row = _take(inbound, row, told, decision)
    else:
        _updated(inbound, row, told, decision)
    said = answer(row)
    _append(inbound, row, told, digest, said, conflict=bool(numbered))
    return said


def _take(
    inbound: Inbound, row: Transaction | None, told: Told, decision: Decision | None
) -> Transaction:
    """What a new event says of its transaction, which may be new as well."""
    if told.event_type == STARTED:
        row = _started(inbound, row, told, decision)
    else:
        row = row or _unknown(inbound, told)
        _updated(inbound, row, told, decision)
    transactions.record_samples(inbound, row, told.samples)
    if told.event_type == ENDED:
        if row.ended_at is None or row.closed_by:
            transactions.end(inbound, row, told.stop)
        if numbers_are_missing(row, told.seq_no):
            _ask_for_the_rest(inbound, row)
    return row


def _is_first_end(row: Transaction, told: Told) -> bool:
    return told.event_type == ENDED and row.ended_at is None


def _begins_another(row: Transaction, told: Told) -> bool:
    """Whether the station uses an id again, as some do that count from 1 after a restart.

    It begins after all that is known of the earlier transaction, which has ended, or ended with
    a restart of the station; otherwise it is in conflict with the start that is known.
    """
    if told.event_type != STARTED or row.started_at is None:
        return False
    latest = row.events.aggregate(occurred=Max("occurred_at"), received=Max("received_at"))
    if latest["occurred"] is None or told.start.moment.at <= latest["occurred"]:
        return False
    restarted = ChargePoint.objects.filter(pk=row.charge_point_id, booted_at__gt=latest["received"])
    return row.ended_at is not None or restarted.exists()


def numbers_are_missing(row: Transaction, coming: int) -> bool:
    """Whether there are holes between the first and the last number: those that came, and this."""
    numbers = {coming, *row.events.filter(conflict=False).values_list("seq_no", flat=True)}
    return max(numbers) - min(numbers) >= len(numbers)


def _ask_for_the_rest(inbound: Inbound, row: Transaction) -> None:
    """2.0.1 E14: whether what is missing is still in the station's queue."""
    inbound.deviate("events_missing")
    if not inbound.station.proactive:
        return
    commands.submit(
        ChargePoint.objects.get(pk=inbound.station.id),
        "get_transaction_status",
        {"transaction_id": row.transaction_id},
        requested_by="gateway",
    )


def _started(
    inbound: Inbound, row: Transaction | None, told: Told, decision: Decision | None
) -> Transaction:
    if row is not None and row.started_at is not None and not row.orphan:
        inbound.deviate("started_twice")
        return row
    late = row is not None
    closing.by_next_start(inbound, told.start)
    row = transactions.begin(
        inbound,
        told.start,
        decision,
        row=row,
        transaction_id=told.stop.transaction_id,
    )
    if late:
        inbound.deviate("started_late")
    row.last_seq_no = max(told.seq_no, row.last_seq_no or told.seq_no)
    row.save(update_fields=["last_seq_no"])
    return row


def _updated(inbound: Inbound, row: Transaction, told: Told, decision: Decision | None) -> None:
    """What an event adds, unless a later one has said it already."""
    latest = row.last_seq_no is None or told.seq_no > row.last_seq_no
    before = (row.charging_state, row.id_token, row.remote_start_id)
    start = told.start
    if latest:
        row.last_seq_no = told.seq_no
        row.charging_state = clip(start.charging_state, 50) or row.charging_state
    row.evse_id = row.evse_id or start.evse_id
    row.connector_id = row.connector_id or start.connector_id
    row.remote_start_id = row.remote_start_id or start.remote_start_id
    if row.reservation_id is None and start.reservation_id is not None:
        row.reservation_id = start.reservation_id
        reservations.use(inbound, start.reservation_id, row)
    if row.meter_start_wh is None:
        row.meter_start_wh = start.meter_wh
    if told.event_type == UPDATED and _is_authorized_by(row, told, decision):
        transactions.authorize(row, start.token, decision)
    if told.trigger_reason == STOPPED:
        # The transaction may end later, by the cable, without a token.
        transactions.stopped_by(row, told.stop.token)
    row.save()
    if row.remote_start_id is not None and before[2] is None:
        transactions.confirm_start(inbound, row)
    if before != (row.charging_state, row.id_token, row.remote_start_id) and not row.ended_at:
        inbound.emit("transaction.updated", transactions.describe(row), start.moment)


def _is_authorized_by(row: Transaction, told: Told, decision: Decision | None) -> bool:
    """E03: cable first, the token follows in an Updated event; and after a token that was refused,
    another may.
    """
    if not row.id_token:
        return True
    refused = row.authorization_status not in ("", AuthorizationStatus.ACCEPTED)
    accepted = decision is not None and decision.accepted
    return refused and accepted and told.trigger_reason in AUTHORIZING


def _unknown(inbound: Inbound, told: Told) -> Transaction:
    """Heard of by an event in its middle: its Started may still come."""
    inbound.deviate("unknown_transaction")
    row = Transaction.objects.create(
        charge_point_id=inbound.station.id,
        transaction_id=told.stop.transaction_id,
        orphan=True,
        evse_id=told.start.evse_id,
        connector_id=told.start.connector_id,
    )
    transaction_lookup.remember(inbound, row)
    return row


def _append(
    inbound: Inbound, row: Transaction, told: Told, digest: str, said: Answer, *, conflict: bool
) -> None:
    inbound.unit.append(
        TransactionEvent,
        (
            row.pk,
            told.seq_no,
            clip(told.event_type, 20),
            clip(told.trigger_reason, 50),
            told.start.moment.at,
            inbound.received_at,
            told.start.offline,
            digest,
            conflict,
            said or None,
        ),
    )


def _digest(content: dict[str, Any]) -> str:
    # Clients set `offline` on what they queue again.
    told = {name: value for name, value in content.items() if name != "offline"}
    text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
