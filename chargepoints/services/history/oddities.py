"""Deviations and faults of a charge point in a span of time, and which others have the same."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Model, QuerySet

from chargepoints.models import ChargePoint, Message, Status, StatusChange
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.history.story import WARN, Line, Span
from chargepoints.services.history.time_bounds import first_id_since

# Limit for one charge point in a span.
MOST_MESSAGES = 100_000
# How many of the latest rows are searched for the same at other charge points.
LATEST = 100_000
UNKNOWN_CLAUSE = "the clause is unknown"


@dataclass(frozen=True, slots=True)
class Oddity:
    """`alike`: the keys of other charge points with the same oddity in recent rows."""

    what: str
    clause: str
    times: int
    alike: frozenset[int]


@dataclass(frozen=True, slots=True)
class Oddities:
    """`others`: the number of other charge points with the same vendor, model and firmware."""

    found: list[Oddity]
    others: int

    @property
    def alike(self) -> frozenset[int]:
        return frozenset().union(*(each.alike for each in self.found))


def of(charge_point: ChargePoint, span: Span) -> Oddities:
    """Deviations of its messages, and faults that it reported; the most frequent first."""
    deviations, faults = _deviations(charge_point, span), _faults(charge_point, span)
    others = _of_same_product(charge_point)
    odd_at, faulted_at = _odd_at(others, deviations), _faulted_at(others, faults)
    clauses = _clauses(charge_point)
    found = [
        Oddity(
            f"{action or 'a frame'}: {in_words(name)}",
            _clause(clauses, name),
            times,
            frozenset(odd_at[name]),
        )
        for (action, name), times in deviations.items()
    ]
    found += [
        Oddity(f"fault {code}", "", times, frozenset(faulted_at[code]))
        for code, times in faults.items()
    ]
    found.sort(key=lambda each: -each.times)
    return Oddities(found, others.count() if charge_point.model else 0)


def lines(charge_point: ChargePoint, span: Span) -> Iterator[Line]:
    """A line for each deviation, at the first message that had it."""
    firsts: dict[tuple[str, str], Message] = {}
    found: Counter[tuple[str, str]] = Counter()
    odd = messages(charge_point, span).exclude(deviations=[]).defer("request", "reply")
    for row in odd[:MOST_MESSAGES].iterator(2000):
        for name in row.deviations:
            firsts.setdefault((row.action, name), row)
            found[row.action, name] += 1
    for (action, name), row in firsts.items():
        count = found[action, name]
        times = f", {count} times in this time" if count > 1 else ""
        text = f"{action or 'A frame'} was odd: {in_words(name)}{times}."
        yield Line(row.started_at, "deviation", text, WARN, row)


def messages(charge_point: ChargePoint, span: Span) -> QuerySet[Message]:
    first = first_id_since(Message, "started_at", span.begin)
    rows = Message.objects.filter(charge_point=charge_point, pk__gte=first, started_at__lt=span.end)
    return rows.order_by("pk")


def in_words(name: str) -> str:
    """`required:/idTag` -> "/idTag is missing"; `booted_again` -> "booted again"."""
    keyword, _, pointer = name.partition(":")
    if not pointer:
        return keyword.replace("_", " ")
    words = {"required": "is missing", "type": "has a wrong type", "maxLength": "is too long"}
    return f"{pointer} {words.get(keyword, f'breaks `{keyword}`')}"


# --- Of the one -----------------------------------------------------------------------------------


def _deviations(charge_point: ChargePoint, span: Span) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    rows = messages(charge_point, span)[:MOST_MESSAGES].values_list("action", "deviations")
    for action, names in rows.iterator(2000):
        found.update((action, name) for name in names)
    return found


def _faults(charge_point: ChargePoint, span: Span) -> Counter[str]:
    first = first_id_since(StatusChange, "received_at", span.begin)
    rows = StatusChange.objects.filter(
        charge_point=charge_point, pk__gte=first, received_at__lt=span.end, status=Status.FAULTED
    )
    return Counter(rows.exclude(error_code="").values_list("error_code", flat=True))


def _clauses(charge_point: ChargePoint) -> dict[str, str]:
    version = installed_versions().get(charge_point.protocol)
    return dict(version.clauses) if version is not None else {}


def _clause(clauses: dict[str, str], name: str) -> str:
    if ":/" in name:
        return "the JSON schema of the message"
    return clauses.get(name.partition(":")[0], UNKNOWN_CLAUSE)


# --- Of the others --------------------------------------------------------------------------------


def _of_same_product(charge_point: ChargePoint) -> QuerySet[ChargePoint]:
    """None, if the charge point never reported its model."""
    rows = ChargePoint.objects.filter(
        vendor=charge_point.vendor,
        model=charge_point.model,
        firmware_version=charge_point.firmware_version,
    )
    return rows.exclude(pk=charge_point.pk) if charge_point.model else rows.none()


def _odd_at(
    others: QuerySet[ChargePoint], deviations: Counter[tuple[str, str]]
) -> defaultdict[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    names = {name for _, name in deviations}
    if not names:
        return found
    rows = _latest(Message, others).exclude(deviations=[])
    for pk, odd in rows.values_list("charge_point", "deviations").iterator(2000):
        for name in names.intersection(odd):
            found[name].add(pk)
    return found


def _faulted_at(others: QuerySet[ChargePoint], faults: Counter[str]) -> defaultdict[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    if not faults:
        return found
    rows = _latest(StatusChange, others).filter(status=Status.FAULTED, error_code__in=faults)
    for code, pk in rows.values_list("error_code", "charge_point").distinct():
        found[code].add(pk)
    return found


def _latest(model: type[Model], others: QuerySet[ChargePoint]) -> QuerySet[Any]:
    newest = model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
    rows = model._default_manager.filter(charge_point__in=others, pk__gt=newest - LATEST)
    return rows.order_by()
