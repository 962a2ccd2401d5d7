"""Stores the outcome of attempts: the delivery, its lanes, and the endpoint's state."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction

from chargepoints import clock
from chargepoints.models import Event
from core_link.delivery import schedule
from core_link.delivery.claims import Claim
from core_link.delivery.lanes import BATCH
from core_link.delivery.outcomes import Outcome, Verdict
from core_link.models import DeadLetter, Delivery, Endpoint

SUCCESS_STORED_EVERY = timedelta(seconds=1)
# A success after this many failures in a row means that the endpoint was repaired.
REPAIRED_AFTER = 10

_ADVANCE = """
UPDATE core_link_lane SET
    delivered_through = part.column2,
    delivery_id = NULL,
    served_at = %s,
    batch_limit = CASE WHEN batch_limit * 2 >= {batch} THEN NULL ELSE batch_limit * 2 END
FROM (VALUES {parts}) AS part
WHERE core_link_lane.delivery_id = %s AND core_link_lane.charge_point_id = part.column1
"""


def record(results: Sequence[tuple[Claim, Outcome]]) -> None:
    """Store these attempts in one transaction."""
    with transaction.atomic():
        # Locked in one order, so that two processes cannot deadlock.
        for claim, outcome in sorted(results, key=lambda result: result[0].endpoint.pk):
            endpoint = (
                Endpoint.objects.select_for_update(no_key=True).filter(pk=claim.endpoint.pk).first()
            )
            delivery = (
                Delivery.objects.select_for_update(no_key=True).filter(pk=claim.delivery_id).first()
            )
            if endpoint and delivery and delivery.state == Delivery.State.PENDING:
                _record(endpoint, delivery, claim, outcome)


def _record(endpoint: Endpoint, delivery: Delivery, claim: Claim, outcome: Outcome) -> None:
    now = clock.now()
    mine = delivery.claimed_until == claim.until
    acked = _acknowledged(claim.events, outcome)
    if outcome.verdict is Verdict.DELIVERED and (acked or not claim.events):
        _delivered(delivery, claim, acked, outcome, now)
        _mark_up(endpoint, now)
    elif not mine:
        return  # the claim has expired, and another process sends it now
    elif outcome.verdict is Verdict.INTERRUPTED:
        delivery.claimed_until = None
        delivery.save(update_fields=["claimed_until"])
    elif outcome.verdict is Verdict.GONE:
        _try_later(delivery, outcome, now, now)
        _disable(endpoint, outcome)
    elif outcome.verdict is Verdict.REFUSED:
        _strike(delivery, claim, outcome, now)
        _mark_rejecting(endpoint)
    else:
        _failed(endpoint, delivery, claim, outcome, now)


def _acknowledged(events: list[Event], outcome: Outcome) -> list[Event]:
    through = outcome.acked_through
    if through is None:
        return events
    return [event for event in events if (event.position or 0) <= through]


# --- The delivery -------------------------------------------------------------------------------


def _delivered(
    delivery: Delivery, claim: Claim, acked: list[Event], outcome: Outcome, now: datetime
) -> None:
    """Advance the lanes past the acknowledged events; the rest is queued again."""
    rest = claim.events[len(acked) :]
    _note(delivery, outcome, now)
    if rest:
        delivery.last_error = f"acknowledged {len(acked)} of {len(claim.events)}"
    _finish(delivery, Delivery.State.DELIVERED, now)
    in_lanes = _advance(delivery, acked, now)
    if rest and in_lanes:
        delivery.lanes.update(delivery=None)
    elif rest:
        _deliver_again(delivery.endpoint, [rest])


def _failed(
    endpoint: Endpoint, delivery: Delivery, claim: Claim, outcome: Outcome, now: datetime
) -> None:
    """No answer, or none about the content: other deliveries show whether the endpoint is down."""
    if outcome.verdict is Verdict.DELIVERED:
        outcome = replace(outcome, error="acknowledged nothing")
    last_try = delivery.last_attempt_at or delivery.created_at
    if endpoint.last_success_at is not None and endpoint.last_success_at > last_try:
        _strike(delivery, claim, outcome, now)
    elif outcome.reached and delivery.attempts and len(claim.events) > 1:
        # It failed for the second time, and no other delivery succeeds. One of its events may be
        # the cause: smaller deliveries will show.
        _split(delivery, claim, outcome, now)
    else:
        _try_later(delivery, outcome, now, now)
    _mark_down(endpoint, claim, outcome, now)


def _strike(delivery: Delivery, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """This delivery is rejected: split it to find the event, and retry that event later."""
    if len(claim.events) > 1:
        _split(delivery, claim, outcome, now)
        return
    delivery.strikes += 1
    next_attempt_at = schedule.after_strike(delivery.strikes, now)
    if next_attempt_at is None:
        _give_up(delivery, claim, outcome, now)
    else:
        _try_later(delivery, outcome, now, next_attempt_at)


def _split(delivery: Delivery, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Split by charge point first; then into halves, of which the first is sent before the rest."""
    _note(delivery, outcome, now)
    _finish(delivery, Delivery.State.SPLIT, now)
    lanes = delivery.lanes.count()
    if lanes:
        limit = BATCH if lanes > 1 else len(claim.events) // 2
        delivery.lanes.update(delivery=None, batch_limit=limit)
    else:
        _deliver_again(delivery.endpoint, [[event] for event in claim.events])


def _give_up(delivery: Delivery, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Give up: store dead letters, and continue with the next events of the charge point."""
    _note(delivery, outcome, now)
    _finish(delivery, Delivery.State.DEAD, now)
    letter = {
        "delivery": delivery,
        "error": outcome.error,
        "created_at": now,
        "resent_at": None,
    }
    for event in claim.events:
        DeadLetter.objects.update_or_create(
            endpoint=delivery.endpoint, event=event, defaults=letter
        )
    _advance(delivery, claim.events, now)


def _try_later(
    delivery: Delivery, outcome: Outcome, now: datetime, next_attempt_at: datetime
) -> None:
    _note(delivery, outcome, now)
    delivery.next_attempt_at = next_attempt_at
    delivery.save()


def _note(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    delivery.attempts += 1
    delivery.last_attempt_at = now
    delivery.last_status = outcome.status
    delivery.last_error = outcome.error
    delivery.last_answer = outcome.answer
    delivery.last_duration_ms = outcome.duration_ms
    delivery.claimed_until = None


def _finish(delivery: Delivery, state: str, now: datetime) -> None:
    delivery.state = state
    delivery.finished_at = now
    delivery.save()


def _deliver_again(endpoint: Endpoint, parts: list[list[Event]]) -> None:
    """Create deliveries that belong to no lane."""
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, event_ids=[event.pk for event in part], event_count=len(part))
        for part in parts
    )


def _advance(delivery: Delivery, events: list[Event], now: datetime) -> bool:
    """Advance the delivery's lanes; return whether it had any."""
    through = {event.charge_point_id: event.sequence for event in events}
    if not through:
        return False
    sql = _ADVANCE.format(parts=", ".join(["(%s, %s)"] * len(through)), batch=BATCH)
    at = connection.ops.adapt_datetimefield_value(now)
    pk = Delivery._meta.pk.get_db_prep_value(delivery.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, *(value for pair in through.items() for value in pair), pk])
        return bool(cursor.rowcount)


# --- The endpoint -------------------------------------------------------------------------------


def _mark_up(endpoint: Endpoint, now: datetime) -> None:
    known = endpoint.failures == 0 and endpoint.down_since is None and endpoint.last_success_at
    if known and now - known < SUCCESS_STORED_EVERY:
        return
    if endpoint.failures >= REPAIRED_AFTER:
        endpoint.deliveries.filter(state=Delivery.State.PENDING).update(next_attempt_at=now)
    endpoint.failures = 0
    endpoint.down_since = endpoint.probe_at = endpoint.hold_until = None
    endpoint.last_success_at = now
    _save(endpoint)


def _mark_rejecting(endpoint: Endpoint) -> None:
    """A rejection shows that the endpoint is up."""
    endpoint.failures += 1
    endpoint.down_since = endpoint.probe_at = None
    _save(endpoint)


def _mark_down(endpoint: Endpoint, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Probe it from now on; deliveries that began before it went down do not count again."""
    if endpoint.down_since is None or claim.begun_at > endpoint.down_since:
        endpoint.failures += 1
        endpoint.probe_at = schedule.next_probe(endpoint.failures, now)
    endpoint.down_since = endpoint.down_since or now
    if outcome.retry_after_s is not None:
        endpoint.hold_until = schedule.hold(outcome.retry_after_s, now)
    _save(endpoint)


def _disable(endpoint: Endpoint, outcome: Outcome) -> None:
    endpoint.enabled = False
    endpoint.disabled_reason = f"it answered {outcome.error}"[:255]
    endpoint.save(update_fields=["enabled", "disabled_reason"])


def _save(endpoint: Endpoint) -> None:
    # Without the columns that staff may change at the same time.
    endpoint.save(
        update_fields=["failures", "down_since", "probe_at", "hold_until", "last_success_at"]
    )
