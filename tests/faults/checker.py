"""Compares three journals: each charger's own, the database's, and the one of the fake core."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from chargepoints.models import (
    Event,
    Message,
    MeterValue,
    StatusChange,
    Transaction,
    TransactionEvent,
)
from tests.fakes.core_journal import Journal
from tests.fakes.journal import SentCall
from tests.faults.witness import Witness


def faults(witnesses: Iterable[Witness], core: Journal | None = None) -> list[str]:
    """What was lost, doubled, invented or refused; empty where every promise was kept."""
    found: list[str] = []
    for witness in witnesses:
        calls = list(witness.calls)
        each = [
            *_refused(calls),
            *_not_stored(witness.identity, calls),
            *_ledger(witness.identity, calls),
            *_events(witness.identity),
        ]
        if core is not None:
            each += _at_core(witness.identity, core)
        found += [f"{witness.identity}: {fault}" for fault in each]
    return found + (core.sequence_faults() if core is not None else [])


def _refused(calls: list[SentCall]) -> Iterator[str]:
    """P2: no CALLERROR, as nothing was wrong with any message."""
    for call in calls:
        if call.reply is not None and not call.acknowledged:
            yield f"{call.action} was answered with {call.reply}"


def _not_stored(identity: str, calls: list[SentCall]) -> Iterator[str]:
    """P1: what was acknowledged is in the trace, with the very reply that was given."""
    rows = Message.objects.filter(charge_point__identity=identity, direction="in")
    traced = Counter(
        _canonical(json.loads(reply)) for reply in rows.values_list("reply", flat=True)
    )
    for call in calls:
        if call.acknowledged and not traced[_canonical(call.reply)]:
            yield f"acknowledged and not stored: {call.action} {call.message_id}"


def _ledger(identity: str, calls: list[SentCall]) -> Iterator[str]:
    """P4: of what was acknowledged each fact is there once, and nothing is there twice."""
    stored = Counter(_stored(identity))
    told = {fact for call in calls if call.acknowledged for fact in _facts(call)}
    perhaps = {fact for call in calls for fact in _facts(call)}
    for fact in told:
        if stored[fact] != 1:
            yield f"{stored[fact]} times: {fact}"
    for fact, times in stored.items():
        if fact not in perhaps:
            yield f"nobody told: {fact}"
        elif times != 1 and fact not in told:
            yield f"{times} times: {fact}"


Fact = tuple[Any, ...]


def _facts(call: SentCall) -> Iterator[Fact]:
    """What a message tells, in words that a row can be compared by."""
    payload = call.payload
    if call.action == "StatusNotification":
        status = payload.get("status") or payload["connectorStatus"]
        yield "status", status, _time(payload["timestamp"])
    elif call.action == "StartTransaction":
        yield "start", _time(payload["timestamp"])
        if call.acknowledged and call.reply is not None:
            yield "number", str(call.reply[2]["transactionId"])
    elif call.action == "StopTransaction":
        yield "stop", str(payload["transactionId"]), _time(payload["timestamp"])
    elif call.action == "TransactionEvent":
        yield from _facts_of_event(payload)
    for element in payload.get("meterValue", ()):
        yield "sample", _time(element["timestamp"])


def _facts_of_event(payload: dict[str, Any]) -> Iterator[Fact]:
    transaction_id = payload["transactionInfo"]["transactionId"]
    at = _time(payload["timestamp"])
    yield "event", transaction_id, payload["seqNo"]
    if payload["eventType"] == "Started":
        yield "start", at
        yield "number", transaction_id
    elif payload["eventType"] == "Ended":
        yield "stop", transaction_id, at


def _stored(identity: str) -> Iterator[Fact]:
    mine = {"charge_point__identity": identity}
    changes = StatusChange.objects.filter(**mine)
    for status, at in changes.values_list("ocpp_status", "reported_at"):
        yield "status", status, at
    for row in Transaction.objects.filter(**mine):
        yield "number", row.transaction_id
        if row.started_at is not None:
            yield "start", row.started_at
        if row.ended_at is not None:
            yield "stop", row.transaction_id, row.ended_at
    for (at,) in MeterValue.objects.filter(**mine).values_list("sampled_at"):
        yield "sample", at
    numbered = TransactionEvent.objects.filter(transaction__charge_point__identity=identity)
    for transaction_id, number in numbered.values_list("transaction__transaction_id", "seq_no"):
        yield "event", transaction_id, number


def _events(identity: str) -> Iterator[str]:
    """P7: each fact has its event, in a sequence without gaps."""
    rows = Event.objects.filter(charge_point__identity=identity).order_by("sequence")
    sequences = list(rows.values_list("sequence", flat=True))
    if sequences != list(range(1, len(sequences) + 1)):
        yield f"a hole in the events: {sequences}"
    types = Counter(rows.values_list("type", flat=True))
    stored = Counter(fact[0] for fact in _stored(identity))
    for fact, event_type in (
        ("status", "connector.status_changed"),
        ("start", "transaction.started"),
        ("stop", "transaction.ended"),
        ("sample", "meter_values.recorded"),
    ):
        if stored[fact] != types[event_type]:
            yield f"{stored[fact]} of {fact}, and {types[event_type]} events {event_type}"


def _at_core(identity: str, core: Journal) -> Iterator[str]:
    """P7: core has every event, with its own number."""
    rows = Event.objects.filter(charge_point__identity=identity)
    known = {event["sequence"]: event["type"] for event in core.events_of(identity)}
    if known != dict(rows.values_list("sequence", "type")):
        yield f"core knows {len(known)} events of {rows.count()}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _canonical(frame: Any) -> str:
    return json.dumps(frame, sort_keys=True)
