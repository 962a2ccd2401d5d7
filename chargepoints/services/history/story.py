"""The story of a charge point in a span of time: a line for each thing that happened.

Each line is a sentence for people who do not know OCPP; `row` leads to the details. Repetitions
without news are only counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Model, Q, QuerySet
from django.db.models.functions import Left, Upper

from chargepoints.clock import BACKFILL_AFTER
from chargepoints.models import (
    ChargePoint,
    Command,
    Connection,
    Message,
    StatusChange,
    TokenDecision,
    Transaction,
)
from chargepoints.services.history import meanings
from chargepoints.services.history.time_bounds import first_id_since

GOOD, PLAIN, WARN, BAD = "good", "plain", "warn", "bad"
# Lines of each kind: more than a night has, and few enough for a page.
MOST = 400


@dataclass(frozen=True, slots=True)
class Span:
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """`late`: how long after the event the charge point reported it."""

    at: datetime
    kind: str
    text: str
    tone: str = PLAIN
    row: Model | None = None
    late: timedelta | None = None


def tell(charge_point: ChargePoint, span: Span) -> list[Line]:
    """All lines, ordered by time."""
    sources: Iterable[Iterator[Line]] = (
        connections(charge_point, span),
        statuses(charge_point, span),
        decisions(TokenDecision.objects.filter(charge_point=charge_point), span),
        commands(charge_point, span),
        transactions(Transaction.objects.filter(charge_point=charge_point), span),
        messages(charge_point, span),
    )
    lines = [line for source in sources for line in source]
    return sorted(lines, key=lambda line: line.at)


def of_token(token: str, span: Span) -> list[Line]:
    """What happened with a token, at all charge points."""
    decided = TokenDecision.objects.alias(upper=Upper("id_token")).filter(upper=token.upper())
    charged = Transaction.objects.alias(upper=Upper("id_token")).filter(upper=token.upper())
    lines = [*decisions(decided, span, place=True), *transactions(charged, span, place=True)]
    return sorted(lines, key=lambda line: line.at)


def connections(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    rows = Connection.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=span.begin),
        charge_point=charge_point,
        opened_at__lt=span.end,
    ).order_by("opened_at")
    away_since = (
        Connection.objects.filter(charge_point=charge_point, closed_at__lt=span.begin)
        .order_by("-closed_at")
        .values_list("closed_at", flat=True)
        .first()
    )
    for row in rows[:MOST]:
        if row.opened_at >= span.begin:
            away = row.opened_at - away_since if away_since else None
            after = f" after {spoken(away)} without a connection" if away else ""
            text = f"The charger connected with {row.protocol} from {row.remote_address}{after}."
            tone = WARN if away and away > timedelta(minutes=5) else PLAIN
            yield Line(row.opened_at, "connection", text, tone, row)
        if row.closed_at is not None and row.closed_at < span.end:
            why = row.close_reason or "no reason was given"
            code = f", code {row.close_code}" if row.close_code else ""
            text = f"The connection ended: {why}{code}."
            yield Line(row.closed_at, "connection", text, WARN, row)
        away_since = row.closed_at


def statuses(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    first = first_id_since(StatusChange, "received_at", span.begin)
    rows = StatusChange.objects.filter(
        charge_point=charge_point, pk__gte=first, received_at__lt=span.end
    ).order_by("pk")
    before: dict[tuple[int | None, int | None], str] = {}
    for row in rows[:MOST]:
        place = (row.evse_id, row.connector_id)
        who = "The charger" if row.evse_id is None else f"Connector {row.evse_id}"
        was = before.get(place)
        change = f"from {was} to {row.ocpp_status}" if was else f"to {row.ocpp_status}"
        error = row.error_code if row.error_code not in ("", "NoError") else ""
        details = ", ".join(filter(None, (error, row.vendor_error_code, row.info)))
        text = f"{who} changed {change}" + (f" ({details})." if details else ".")
        tone = BAD if row.status == "faulted" else PLAIN
        yield Line(
            row.reported_at, "status", text, tone, row, _late(row.reported_at, row.received_at)
        )
        before[place] = row.ocpp_status


def decisions(rows: QuerySet[Any], span: Span, *, place: bool = False) -> Iterator[Line]:
    found = rows.filter(asked_at__gte=span.begin, asked_at__lt=span.end).order_by("pk")
    for row in found.select_related("charge_point")[:MOST]:
        where = f" at {row.charge_point.identity}" if place else ""
        where += f", EVSE {row.evse_id}" if row.evse_id else ""
        accepted = row.status == "accepted"
        verb = "was accepted" if accepted else f"was refused ({row.status.replace('_', ' ')})"
        text = f"Token {row.id_token or '(none)'}{where} {verb}: {decided_by(row)}."
        yield Line(row.asked_at, "decision", text, GOOD if accepted else BAD, row)


def decided_by(row: TokenDecision) -> str:
    """Who decided, and how long core took or why it did not."""
    took = f" after {_spoken_ms(row.core_ms)}" if row.core_ms is not None else ""
    if row.decided_by == "core":
        return f"core decided{took}"
    if row.core_error:
        return f"core did not answer{took} ({row.core_error}), so the policy decided"
    words = {
        "cache": "by an earlier answer of core that is still valid",
        "local_table": "by the gateway's own table of tokens",
        "policy": "by the policy of the gateway",
    }
    return words.get(row.decided_by, row.decided_by)


def _spoken_ms(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 100 else f"{milliseconds / 1000:.1f} s"


BECAME: dict[str, str] = {
    Command.State.QUEUED: "waits to be sent",
    Command.State.SENT: "waits for the charger's answer",
    Command.State.ACCEPTED: "was accepted",
    Command.State.REJECTED: "was rejected",
    Command.State.CALLERROR: "was answered with an error",
    Command.State.TIMEOUT: "got no answer in time",
    Command.State.EXPIRED: "expired before it could be sent",
    Command.State.CANCELLED: "was cancelled",
    Command.State.EFFECT_CONFIRMED: "was accepted and had its effect",
    Command.State.NO_EFFECT: "had no effect",
}


def commands(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    rows = Command.objects.filter(
        charge_point=charge_point, created_at__gte=span.begin, created_at__lt=span.end
    ).order_by("created_at")
    for row in rows[:MOST]:
        failed = bool(row.error_class)
        why = f": {row.error_detail or row.error_code}" if failed else ""
        became = BECAME.get(row.state, row.state)
        text = f"{row.requested_by} sent the command {row.type}; it {became}{why}."
        yield Line(row.created_at, "command", text, BAD if failed else PLAIN, row)


def transactions(rows: QuerySet[Any], span: Span, *, place: bool = False) -> Iterator[Line]:
    begun = rows.filter(started_at__gte=span.begin, started_at__lt=span.end)
    for row in begun.select_related("charge_point").order_by("pk")[:MOST]:
        where = f" at {row.charge_point.identity}" if place else ""
        text = f"Transaction {row.transaction_id} began{where} on EVSE {row.evse_id}"
        text += f" for token {row.token}." if row.id_token else "."
        late = _late(row.started_at, row.started_received_at)
        yield Line(row.started_at, "transaction", text, GOOD, row, late)
    ended = rows.filter(ended_at__gte=span.begin, ended_at__lt=span.end)
    for row in ended.select_related("charge_point").order_by("pk")[:MOST]:
        energy = (
            f"{row.energy_wh / 1000:.1f} kWh" if row.energy_wh is not None else "unknown energy"
        )
        why = f", reason {row.stop_reason}" if row.stop_reason else ""
        by = f", closed by {row.closed_by}" if row.closed_by else ""
        where = f" at {row.charge_point.identity}" if place else ""
        text = f"Transaction {row.transaction_id}{where} ended with {energy}{why}{by}."
        late = _late(row.ended_at, row.ended_received_at)
        yield Line(row.ended_at, "transaction", text, PLAIN, row, late)


def messages(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    """Boots, and what was odd or an error."""
    first = first_id_since(Message, "started_at", span.begin)
    rows = Message.objects.filter(charge_point=charge_point, pk__gte=first, started_at__lt=span.end)
    rows = rows.defer("request", "reply").annotate(
        request_head=Left("request", meanings.LONGEST_FRAME),
        reply_head=Left("reply", meanings.LONGEST_FRAME),
    )
    telling = rows.filter(Q(action="BootNotification") | ~Q(outcome=Message.Outcome.RESULT))
    for row in telling.order_by("pk")[:MOST]:
        if row.outcome == Message.Outcome.RESULT:
            yield _boot(row)
            continue
        who = "The charger sent" if row.direction == "in" else "The gateway sent"
        what = row.action or "a message that could not be read"
        answer = {
            Message.Outcome.ERROR: f"the answer was the error {row.error_code}",
            Message.Outcome.TIMEOUT: "nobody answered in time",
        }.get(Message.Outcome(row.outcome), "it was not answered")
        yield Line(row.started_at, "message", f"{who} {what}; {answer}.", BAD, row)


def _boot(row: Any) -> Line:
    """A boot that was not accepted is a reason for a charger to charge nothing."""
    meaning = meanings.of_message(row.request_head, row.reply_head)
    why = f" ({meaning.text})" if meaning.text else ""
    told = f", and was told {meaning.verdict}" if meaning.verdict else ""
    took = f" after {_spoken_ms(row.duration_ms)}" if told and row.duration_ms is not None else ""
    tone = PLAIN if meaning.verdict in ("", "Accepted") else WARN
    return Line(row.started_at, "boot", f"The charger booted{why}{told}{took}.", tone, row)


def folded(charge_point: ChargePoint, span: Span) -> list[tuple[str, int]]:
    """How many messages of each action there were, the most frequent first."""
    first = first_id_since(Message, "started_at", span.begin)
    rows = Message.objects.filter(
        charge_point=charge_point, pk__gte=first, started_at__lt=span.end
    ).order_by()
    counted = rows.values("action").annotate(count=Count("*")).order_by(F("count").desc())
    return [(row["action"] or "(unreadable)", row["count"]) for row in counted]


def spoken(span: timedelta) -> str:
    """The duration in words, with its two largest units."""
    seconds = int(span.total_seconds())
    units = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    parts = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "0 seconds"


def _late(happened: datetime | None, received: datetime | None) -> timedelta | None:
    if happened is None or received is None or received - happened < BACKFILL_AFTER:
        return None
    return received - happened
