"""The health rules: each finds the charge points with a problem, and the proof for one of them.

All of them use indexed columns, or recent rows only; the results are limited by the number of
charge points.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    ConfigurationTemplate,
    Connection,
    Message,
    Mirror,
    Transaction,
)
from chargepoints.services.device_model import templates
from chargepoints.services.health import maintenance
from chargepoints.services.metering import registers
from chargepoints.services.stations import firmware_versions
from chargepoints.services.transactions import closing

FLAPS, FLAPS_WITHIN = 6, timedelta(hours=1)
SILENT_FOR = timedelta(minutes=10)
BOOTS_WITHIN = timedelta(minutes=10)
CLOCK_OFF_S = 60
EXPIRES_WITHIN = timedelta(days=30)
METERED_WITHIN = timedelta(days=2)
MIRRORED_WITHIN = timedelta(minutes=15)
ODD_REGISTERS = (registers.JUMPED, registers.FELL_BACK, registers.UNKNOWN)
MOST_TRANSACTIONS = 5000


@dataclass(frozen=True, slots=True)
class Rule:
    """`among` finds the charge points; `proof` is the evidence for one: empty if it has no problem.

    `clears` is the command that may help, with its arguments; empty: a person has to act.
    """

    name: str
    title: str
    diagnosis: str
    remedy: str
    among: Callable[[datetime], Q]
    proof: Callable[[ChargePoint, datetime], str]
    clears: str = ""
    args: tuple[tuple[str, str], ...] = ()


def _flapping(now: datetime) -> Q:
    often = (
        _connections_since(now - FLAPS_WITHIN)
        .values("charge_point")
        .annotate(opened=Count("pk"))
        .filter(opened__gte=FLAPS)
    )
    return Q(pk__in=often.values("charge_point"))


def _flaps(charge_point: ChargePoint, now: datetime) -> str:
    count = _connections_since(now - FLAPS_WITHIN).filter(charge_point=charge_point).count()
    return f"it connected {count} times in the last hour" if count >= FLAPS else ""


def _connections_since(at: datetime) -> QuerySet[Connection]:
    # The primary key contains the time (`new_epoch`), and has the index.
    return Connection.objects.filter(pk__gte=int(at.timestamp() * 1_000_000) << 10)


def _silent(now: datetime) -> Q:
    long_ago = now - SILENT_FOR
    return Q(connection__opened_at__lt=long_ago, last_seen_at__lt=long_ago)


def _silence(charge_point: ChargePoint, now: datetime) -> str:
    connection, seen_at = charge_point.connection, charge_point.last_seen_at
    if connection is None or seen_at is None:
        return ""
    is_silent = max(connection.opened_at, seen_at) < now - SILENT_FOR
    return f"connected, but no byte has arrived since {_said(seen_at)}" if is_silent else ""


def _without_boot(now: datetime) -> Q:
    asked = Q(boot_asked_at__lt=now - BOOTS_WITHIN)
    asked &= Q(boot_asked_at__gte=F("connection__opened_at"))
    return asked & (Q(boot_accepted_at=None) | Q(boot_accepted_at__lt=F("boot_asked_at")))


def _no_boot(charge_point: ChargePoint, now: datetime) -> str:
    connection, asked_at = charge_point.connection, charge_point.boot_asked_at
    if connection is None or asked_at is None:
        return ""
    booted_at = charge_point.boot_accepted_at
    if not connection.opened_at <= asked_at < now - BOOTS_WITHIN:
        return ""
    if booted_at is not None and booted_at >= asked_at:
        return ""
    booted = _said(booted_at) if booted_at else "never"
    return f"asked for a BootNotification at {_said(asked_at)}; last boot: {booted}"


def _clock_off(now: datetime) -> Q:
    return Q(clock_skew_s__gt=CLOCK_OFF_S) | Q(clock_skew_s__lt=-CLOCK_OFF_S)


def _skew(charge_point: ChargePoint, now: datetime) -> str:
    skew = charge_point.clock_skew_s or 0
    if abs(skew) <= CLOCK_OFF_S:
        return ""
    return f"its clock is {abs(skew)} s {'ahead' if skew > 0 else 'behind'}"


def _odd_meter(now: datetime) -> Q:
    columns = _with_deviations(now).values_list("charge_point", "deviations")
    return Q(pk__in={pk for pk, deviations in columns[:MOST_TRANSACTIONS] if _odd(deviations)})


def _odd_transaction(charge_point: ChargePoint, now: datetime) -> str:
    rows = _with_deviations(now).filter(charge_point=charge_point)
    for row in rows[:MOST_TRANSACTIONS]:
        if odd := _odd(row.deviations):
            return f"transaction {row.transaction_id}: {', '.join(odd).replace('_', ' ')}"
    return ""


def _with_deviations(now: datetime) -> QuerySet[Transaction]:
    rows = Transaction.objects.filter(started_at__gte=now - METERED_WITHIN)
    return rows.exclude(deviations=[]).order_by("-started_at")


def _odd(deviations: list[str]) -> list[str]:
    return [each for each in deviations if each in ODD_REGISTERS]


def _left_open(now: datetime) -> Q:
    return Q(pk__in=closing.left_open(Transaction.objects.all()).values("charge_point"))


def _open_transaction(charge_point: ChargePoint, now: datetime) -> str:
    row = closing.left_open(Transaction.objects.filter(charge_point=charge_point)).first()
    return f"transaction {row.transaction_id}, open since {_said(row.started_at)}" if row else ""


def _drifting(now: datetime) -> Q:
    found: set[int] = set()
    for template in ConfigurationTemplate.objects.all():
        found.update(templates.drifting(template, *template.values))
    return Q(pk__in=found)


def _drift(charge_point: ChargePoint, now: datetime) -> str:
    template = templates.of_model(charge_point)
    keys = [each.key for each in templates.drift_of(charge_point, template)] if template else []
    return "differs from the template of its model: " + ", ".join(keys[:3]) if keys else ""


def _with_a_late_mirror(now: datetime) -> Q:
    return Q(pk__in=_late_mirrors(now).values("charge_point"))


def _late_mirror(charge_point: ChargePoint, now: datetime) -> str:
    mirror = _late_mirrors(now).filter(charge_point=charge_point).first()
    if mirror is None:
        return ""
    why = f": {mirror.error}" if mirror.error else ""
    return f"{mirror.url} has not received the messages since {_said(mirror.waits_since)}{why}"


def _late_mirrors(now: datetime) -> QuerySet[Any]:
    untold = Message.objects.filter(
        charge_point=OuterRef("charge_point"),
        pk__gt=OuterRef("told_through"),
        direction=Message.Direction.FROM_CHARGER,
    )
    # The first row by the charge point's index: EXISTS would become a join over all rows.
    since = Subquery(untold.order_by("pk").values("started_at")[:1])
    mirrors = Mirror.objects.filter(enabled=True).annotate(waits_since=since)
    return mirrors.filter(waits_since__lt=now - MIRRORED_WITHIN)


def _behind(now: datetime) -> Q:
    return firmware_versions.Versions().behind()


def _older(charge_point: ChargePoint, now: datetime) -> str:
    versions = firmware_versions.Versions(charge_point)
    if not versions.is_behind(charge_point):
        return ""
    usual = versions.usual_of(charge_point)
    return f"it runs {charge_point.firmware_version}; most of its model run {usual}"


def _deaf(now: datetime) -> Q:
    return Q(deaf_since__isnull=False)


def _deafness(charge_point: ChargePoint, now: datetime) -> str:
    since = charge_point.deaf_since
    return f"no answer to any request since {_said(since)}" if since else ""


def _expiring(now: datetime) -> Q:
    return Q(certificate_expires_at__lt=now + EXPIRES_WITHIN)


def _expiry(charge_point: ChargePoint, now: datetime) -> str:
    at = charge_point.certificate_expires_at
    if at is None or at >= now + EXPIRES_WITHIN:
        return ""
    return f"its client certificate {'expires' if at > now else 'expired'} at {_said(at)}"


def _said(at: datetime | None) -> str:
    """The time in the user's time zone."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}" if at else "-"


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "flapping",
            "Flapping",
            "It disconnects and reconnects again and again: bad network, or restarts.",
            "Open Connections to see why its sockets closed; check its signal and power supply.",
            _flapping,
            _flaps,
        ),
        Rule(
            "half_open",
            "Half-open",
            "Its socket is open, but no data arrives: the charger is probably offline.",
            "Disconnect it, so that it reconnects.",
            _silent,
            _silence,
        ),
        Rule(
            "deaf",
            "Deaf",
            "Its socket is open, but it does not answer requests of the gateway.",
            "Disconnect it; if that does not help, somebody has to restart it on site.",
            _deaf,
            _deafness,
        ),
        Rule(
            "no_boot",
            "No boot after it connected",
            "It reconnected and did not send the BootNotification that the gateway requested.",
            "Reset it: its firmware version and serial number here may be out of date.",
            _without_boot,
            _no_boot,
            "reset",
            (("type", "on_idle"),),
        ),
        Rule(
            "clock",
            "Clock off",
            "Its clock is wrong, and so are the times that it reports.",
            "A charger sets its clock from the answer to a Heartbeat: trigger one. If that does"
            " not help, check its time zone and its time server.",
            _clock_off,
            _skew,
            "trigger",
            (("message", "Heartbeat"),),
        ),
        Rule(
            "meter",
            "Implausible meter",
            "Its energy register jumped or fell in a transaction of the last two days.",
            "Check the transaction: its energy is calculated from the plausible readings.",
            _odd_meter,
            _odd_transaction,
        ),
        Rule(
            "left_open",
            "Left open while available",
            "A transaction is open, but the charger has reported that the connector is free.",
            "Send the charger a stop, or close the transaction by hand.",
            _left_open,
            _open_transaction,
        ),
        Rule(
            "drift",
            "Configuration drift",
            "Its configuration differs from the template of its model.",
            "Correct it on its Configuration page, or for the whole model on the template's page.",
            _drifting,
            _drift,
        ),
        Rule(
            "certificate",
            "Certificate expires",
            "Its client certificate expires soon, or has expired.",
            "Trigger a signing request. Security profile 3 needs a valid certificate.",
            _expiring,
            _expiry,
            "trigger",
            (("message", "SignChargingStationCertificate"),),
        ),
        Rule(
            "behind",
            "Firmware behind",
            "It runs older firmware than most charge points of its model.",
            "Update its firmware.",
            _behind,
            _older,
            "update_firmware",
        ),
        Rule(
            "mirror",
            "Second system behind",
            "Its second central system has not received its messages for some time.",
            "See the reason on the page of its mirror. After KEEP_MESSAGES_DAYS, waiting messages"
            " are deleted and never reach the second system.",
            _with_a_late_mirror,
            _late_mirror,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    rule: Rule
    proof: str


def of(charge_point: ChargePoint, now: datetime) -> list[Finding]:
    """The findings of all rules for one charge point, read with its connection."""
    found = ((rule, rule.proof(charge_point, now)) for rule in RULES.values())
    return [Finding(rule, proof) for rule, proof in found if proof]


def among(charge_points: Iterable[int], now: datetime) -> dict[int, list[Rule]]:
    """The rules that apply to each of these, except in maintenance; one query per rule."""
    rows = ChargePoint.objects.filter(pk__in=list(charge_points))
    rows = rows.exclude(maintenance.in_maintenance(now))
    found: dict[int, list[Rule]] = {}
    for rule in RULES.values():
        for pk in rows.filter(rule.among(now)).values_list("pk", flat=True):
            found.setdefault(pk, []).append(rule)
    return found


def about(rule: Rule, now: datetime) -> QuerySet[ChargePoint]:
    """The charge points that a rule finds, except those in maintenance."""
    return ChargePoint.objects.filter(rule.among(now)).exclude(maintenance.in_maintenance(now))
