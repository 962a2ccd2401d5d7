"""The present problems of a charge point, with their remedies: the top of its page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from chargepoints.admin import live
from chargepoints.models import ChargePoint, HandshakeRefusal, Registration, Status
from chargepoints.templatetags import badges

REFUSED_WITHIN = timedelta(days=1)
# RFC 6455, 7.4.1.
MESSAGE_TOO_BIG = 1009
SHOWN_REFUSALS = 2
SHOWN_FAULTS = 4


class Trouble(NamedTuple):
    """`url`: the page for the remedy, if it is another page."""

    what: str
    since: datetime | None
    remedy: str
    url: str = ""


def of(charge_point: ChargePoint) -> list[Trouble]:
    """The troubles of a charge point that was read `with_live_state`, in two more queries."""
    return [
        *_registration(charge_point),
        *_absence(charge_point),
        *_refusals(charge_point),
        *_deafness(charge_point),
        *_faults(charge_point),
    ]


def _registration(charge_point: ChargePoint) -> Iterator[Trouble]:
    if charge_point.registration != Registration.ACCEPTED:
        what = f"Its registration is {charge_point.registration}, so it must not charge"
        settings = reverse("admin:chargepoints_chargepoint_change", args=[charge_point.pk])
        url = f"{settings}#id_registration"
        yield Trouble(what, None, "Accept it in its settings.", url)


def _absence(charge_point: ChargePoint) -> Iterator[Trouble]:
    if charge_point.connection_id is not None or charge_point.last_seen_at is None:
        return
    last = charge_point.connections.first()
    closed_at = last and last.closed_at
    said = (last.close_code, last.close_reason) if last else ()
    how = " ".join(str(part) for part in said if part)
    advice = (
        "It should reconnect by itself. If not, check its power, its network and the URL in its"
        " settings. The status below is the last that it reported."
    )
    if last is not None and last.close_code == MESSAGE_TOO_BIG:
        advice = (
            "It will send the same data again: make it report less at a time (fewer measurands,"
            " shorter reports), or reset it."
        )
    yield Trouble(
        f"Offline; its socket was closed: {how}" if how else "Offline",
        closed_at or charge_point.last_seen_at,
        advice,
    )


def _refusals(charge_point: ChargePoint) -> Iterator[Trouble]:
    """Refusals after its last success, including those of others who use its identity."""
    connection = charge_point.connection
    since = connection.opened_at if connection else charge_point.last_seen_at
    refusals = HandshakeRefusal.objects.filter(
        identity__iexact=charge_point.identity,
        last_at__gt=max(since or charge_point.created_at, timezone.now() - REFUSED_WITHIN),
    )
    for refusal in refusals[:SHOWN_REFUSALS]:
        times = "once" if refusal.count == 1 else f"{refusal.count} times"
        what = f"Refused from {refusal.address}, {times}: {refusal.reason_in_words}"
        url = reverse("admin:chargepoints_handshakerefusal_changelist")
        these = f"{url}?{urlencode({'q': charge_point.identity})}"
        yield Trouble(what, refusal.last_at, refusal.remedy or "Open it to see the remedy.", these)


def _deafness(charge_point: ChargePoint) -> Iterator[Trouble]:
    if charge_point.deaf_since:
        what = "It is deaf: its socket is open, but it does not answer requests of the gateway"
        yield Trouble(what, charge_point.deaf_since, "Somebody has to restart it on site.")


def _faults(charge_point: ChargePoint) -> Iterator[Trouble]:
    faulty = [
        (f"EVSE {label}", badges.error_of(row), row.status_at)
        for label, row in live.labelled_connectors(charge_point)
        if row.status == Status.FAULTED
    ]
    if charge_point.status == Status.FAULTED:
        error = badges.error_code(charge_point.error_code)
        faulty.insert(0, ("The station", error, charge_point.status_at))
    for name, error, since in faulty[:SHOWN_FAULTS]:
        what = f"{name} is faulted: {error or 'no reason reported'}"
        yield Trouble(what, since, "A reset clears some faults; others need a technician on site.")
