"""Why a charge point did not charge in a span of time: the likely reason, its proof, what to do.

Each rule looks for one reason, the weightiest first; where none finds anything, that is said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from chargepoints import clock
from chargepoints.models import (
    ChargePoint,
    ChargingProfile,
    Command,
    Connection,
    Connector,
    Status,
    StatusChange,
    TokenDecision,
    Transaction,
)
from chargepoints.services.history.story import BAD, GOOD, PLAIN, WARN, Span, decided_by, spoken
from chargepoints.services.transactions import closing

# Less than this is no charge of a vehicle.
WORTH_WH = 200
# Of the transactions that did charge.
NAMED = 3
REPAIR = "Reset it; if the fault stays, send a technician."
LONG_AWAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`proof`: what was seen, with its time; `advice`: what a person can do about it."""

    reason: str
    proof: str
    advice: str
    tone: str = BAD


def of(charge_point: ChargePoint, span: Span) -> list[Verdict]:
    """All explanations, the likeliest first; `NOTHING_KNOWN` if no rule finds one."""
    charged = _charged(charge_point, span)
    found = [verdict for rule in RULES if (verdict := rule(charge_point, span)) is not None]
    if charged is not None:
        return [charged, *found]
    return found or [NOTHING_KNOWN]


NOTHING_KNOWN = Verdict(
    "The gateway knows no reason",
    "The charger was connected, no token was refused, no fault was reported, and no transaction"
    " started.",
    "Probably nobody plugged in a vehicle or presented a token at this charger. Ask for the token,"
    " and search for it: the vehicle may have stood at another charger.",
    PLAIN,
)


def at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%d %b %H:%M %Z}"


def _in(rows: "QuerySet[Transaction]", span: Span) -> "QuerySet[Transaction]":
    return rows.filter(Q(ended_at=None) | Q(ended_at__gte=span.begin), started_at__lt=span.end)


def _charged(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = _in(Transaction.objects.filter(charge_point=charge_point), span).order_by("started_at")
    charging = [row for row in rows if (row.energy_wh or 0) >= WORTH_WH]
    if not charging:
        return None
    parts = [
        f"{(row.energy_wh or 0) / 1000:.1f} kWh for token {row.token or '(none)'}"
        f" from {at(row.started_at)}"
        for row in charging[-NAMED:]
        if row.started_at is not None
    ]
    if len(charging) > NAMED:
        energy = sum(row.energy_wh or 0 for row in charging) / 1000
        parts[0] = f"{len(charging)} transactions, {energy:,.1f} kWh. The last: {parts[0]}"
    return Verdict("It did charge", "; ".join(parts) + ".", "See the transactions below.", GOOD)


def _never_connected(charge_point: ChargePoint, span: Span) -> Verdict | None:
    connected = Connection.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=span.begin),
        charge_point=charge_point,
        opened_at__lt=span.end,
    )
    if connected.exists():
        return None
    seen = charge_point.last_seen_at
    return Verdict(
        "Nothing of the charger reached the gateway",
        f"It was last seen {at(seen)}." if seen else "It has never connected.",
        "Check its power supply, its network and the URL of the gateway in its settings.",
    )


def _refused(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = TokenDecision.objects.filter(
        charge_point=charge_point, asked_at__gte=span.begin, asked_at__lt=span.end
    )
    row = rows.exclude(status="accepted").order_by("-pk").first()
    if row is None:
        return None
    status = row.status.replace("_", " ")
    return Verdict(
        f"The token was refused: {status}",
        f"{at(row.asked_at)}: token {row.id_token or '(none)'} was {status}; {decided_by(row)}.",
        "Ask the people who manage the tokens. The charger acted correctly.",
    )


def _faulted(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = StatusChange.objects.filter(
        charge_point=charge_point, reported_at__gte=span.begin, reported_at__lt=span.end
    )
    row = rows.filter(status=Status.FAULTED).order_by("-pk").first()
    if row is not None:
        error = ", ".join(filter(None, (row.error_code, row.vendor_error_code, row.info)))
        where = f"Connector {row.evse_id}" if row.evse_id else "The charger"
        proof = f"{at(row.reported_at)}: {where} reported a fault ({error or 'no code'})."
        return Verdict("The charger reported a fault", proof, REPAIR)
    broken = Connector.objects.filter(
        evse__charge_point=charge_point, status=Status.FAULTED, status_at__lt=span.end
    ).first()
    if broken is None:
        return None
    proof = f"Connector {broken.evse.evse_id} is faulted ({broken.error_code or 'no code'})."
    return Verdict("A connector is faulted", proof, REPAIR)


def _away(charge_point: ChargePoint, span: Span) -> Verdict | None:
    """The longest time without a connection within the span."""
    longest = max(_gaps(charge_point, span), default=None)
    if longest is None or longest[0] < LONG_AWAY:
        return None
    lasted, since, until, why = longest
    return Verdict(
        f"The charger was offline for {spoken(lasted)}",
        f"From {at(since)} to {at(until)}; its connection had ended: {why or 'no reason given'}.",
        "Check its network if this repeats. It may still report later what it did meanwhile.",
        WARN,
    )


def _gaps(
    charge_point: ChargePoint, span: Span
) -> Iterator[tuple[timedelta, datetime, datetime, str]]:
    """How long, from, to, and why the connection before had ended."""
    connections = Connection.objects.filter(charge_point=charge_point).order_by("opened_at")
    before = connections.filter(closed_at__lt=span.begin).last()
    rows = connections.filter(
        Q(closed_at=None) | Q(closed_at__gte=span.begin), opened_at__lt=span.end
    )
    # Who had never connected before has not been away.
    since = before.closed_at if before else None
    why = before.close_reason if before else ""
    for row in rows:
        if since is not None and row.opened_at > max(since, span.begin):
            begin = max(since, span.begin)
            yield row.opened_at - begin, begin, row.opened_at, why
        if row.closed_at is None:
            return
        since = max(since or row.closed_at, row.closed_at)
        why = row.close_reason
    end = min(span.end, clock.now())
    if since is not None and end > max(since, span.begin):
        begin = max(since, span.begin)
        yield end - begin, begin, end, why


def _command_failed(charge_point: ChargePoint, span: Span) -> Verdict | None:
    row = (
        Command.objects.filter(
            charge_point=charge_point,
            type__in=["start", "stop"],
            created_at__gte=span.begin,
            created_at__lt=span.end,
        )
        .exclude(error_class="")
        .order_by("-created_at")
        .first()
    )
    if row is None:
        return None
    proof = f"{at(row.created_at)}: {row.type} by {row.requested_by}: {row.error_detail}."
    return Verdict(
        f"A remote {row.type} had no effect", proof, "Open the command to see what to do."
    )


def _stopped_early(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = _in(Transaction.objects.filter(charge_point=charge_point), span)
    row = rows.exclude(stop_reason="").order_by("-started_at").first()
    if row is None or row.ended_at is None or (row.energy_wh or 0) >= WORTH_WH:
        return None
    proof = (
        f"Transaction {row.transaction_id} ended {at(row.ended_at)} with"
        f" {(row.energy_wh or 0):.0f} Wh, reason {row.stop_reason}."
    )
    advice = "Ask the driver, or look at the vehicle."
    return Verdict("A transaction ended before it charged", proof, advice, WARN)


def _suspended(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = StatusChange.objects.filter(
        charge_point=charge_point, reported_at__gte=span.begin, reported_at__lt=span.end
    )
    row = rows.filter(ocpp_status="SuspendedEV").order_by("-pk").first()
    if row is None:
        return None
    proof = f"{at(row.reported_at)}: connector {row.evse_id} reported SuspendedEV."
    advice = "The vehicle took none of the power on offer: it is full, or set to charge later."
    return Verdict("The vehicle stopped charging by itself", proof, advice, WARN)


def _limited(charge_point: ChargePoint, span: Span) -> Verdict | None:
    rows = ChargingProfile.objects.filter(charge_point=charge_point, installed_at__lt=span.end)
    for row in rows:
        if any(period.get("limit") == 0 for period in row.profile.get("periods", [])):
            proof = f"Profile {row.profile_id} on EVSE {row.evse_id} has a period with limit 0."
            advice = "Look at the charging profile, and clear it if it is wrong."
            return Verdict("A charging profile allows no power", proof, advice, WARN)
    return None


def _left_open(charge_point: ChargePoint, span: Span) -> Verdict | None:
    row = closing.left_open(Transaction.objects.filter(charge_point=charge_point)).first()
    if row is None:
        return None
    proof = (
        f"Transaction {row.transaction_id} is open, but the charger has reported a free connector"
        " or a boot since."
    )
    return Verdict("A transaction was left open", proof, "Close it on its page.", WARN)


RULES: tuple[Callable[[ChargePoint, Span], Verdict | None], ...] = (
    _never_connected,
    _refused,
    _faulted,
    _away,
    _command_failed,
    _stopped_early,
    _suspended,
    _limited,
    _left_open,
)
