"""Counts refused handshakes in rows: for staff, and to slow down clients that guess keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Sum

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.models import HandshakeRefusal
from chargepoints.services.stations import registry

WINDOW = timedelta(minutes=1)
TOLD_AGAIN_AFTER = timedelta(hours=1)

# Only these count as failures: an unknown version is no attempt to guess a key.
COUNTED = (400, 401, 404)

STORE_DOWN = Refused(503, "store_unavailable", "The database does not answer.", retry_after_s=10)


@dataclass(frozen=True, slots=True)
class Failures:
    """In the last minute, in all processes: for this identity at this address, and the address.

    `ends_in_s`: when the first of them is no longer counted.
    """

    of_identity: int
    of_address: int
    ends_in_s: float


def record(unit: UnitOfWork, request: Request, refused: Refused) -> Failures:
    """Count it in one row per identity, address and reason; emit an event once an hour."""
    now = clock.now()
    # PostgreSQL stores no NUL.
    identity = request.identity[:255].replace("\x00", "")
    latest: dict[str, Any] = {
        "remedy": refused.remedy,
        "status_code": refused.status,
        "path": request.path,
        "user": _user(request),
        "offered_protocols": ", ".join(request.offered)[:255],
    }
    row, created = HandshakeRefusal.objects.select_for_update(no_key=True).get_or_create(
        identity=identity, address=request.address, reason=refused.reason, defaults=latest
    )
    fresh = created or now - row.last_at > TOLD_AGAIN_AFTER
    if not created:
        within = now - row.window_started_at < WINDOW
        HandshakeRefusal.objects.filter(pk=row.pk).update(
            **latest,
            count=row.count + 1,
            last_at=now,
            window_started_at=row.window_started_at if within else now,
            window_count=row.window_count + 1 if within else 1,
        )
    known = registry.find(identity) if fresh else None
    if known is not None:
        unit.emit(
            known.pk,
            "charge_point.handshake_refused",
            {"reason": refused.reason, "remedy": refused.remedy, "address": request.address},
        )
    return _failures(identity, request.address, now)


def _failures(identity: str, address: str, now: datetime) -> Failures:
    recent = HandshakeRefusal.objects.filter(
        address=address, window_started_at__gt=now - WINDOW, status_code__in=COUNTED
    )
    everybody = recent.aggregate(failed=Sum("window_count"), begun=Min("window_started_at"))
    own = recent.filter(identity=identity).aggregate(failed=Sum("window_count"))
    begun = everybody["begun"] or now
    ends_in_s = (begun + WINDOW - now).total_seconds()
    return Failures(own["failed"] or 0, everybody["failed"] or 0, ends_in_s)


def _user(request: Request) -> str:
    if request.authorization is None:
        return ""
    user = request.authorization.partition(b":")[0]
    return user.decode("utf-8", "replace").replace("\x00", "")[:255]
