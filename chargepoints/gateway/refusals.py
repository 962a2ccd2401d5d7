"""Refused handshakes: counted for staff, and slowed down where somebody is guessing."""

import time
from collections import OrderedDict

from django.db.models import F
from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.minute_counts import MinuteCounts
from chargepoints.models import HandshakeRefusal
from chargepoints.services.stations import registry

FAILURES_PER_IDENTITY = 5
FAILURES_PER_ADDRESS = 20
TAKEOVERS_PER_MINUTE = 5
FROZEN_FOR_S = 300.0
REMEMBERED = 10_000

TOO_MANY = Refused(429, "too_many_failures", "Wait a minute; then correct the charger's key.")
STORM = Refused(
    429, "takeover_storm", "Two devices use this identity, or one opens sockets without end."
)
STORE_DOWN = Refused(503, "store_unavailable", "The database does not answer.")


class Guard:
    """Per process, in memory: recent failures by address, and takeovers by charge point."""

    def __init__(self) -> None:
        self._failures = MinuteCounts()
        self._let_in: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._frozen_until: dict[str, float] = {}

    def refuses(self, request: Request) -> Refused | None:
        """Before any hashing. An identity is slowed per address: nobody can lock another out.

        Many chargers of a depot share an address: one that came in from there before does not
        wait because others fail.
        """
        if self._frozen_until.get(request.identity.lower(), 0.0) > time.monotonic():
            return STORM
        if self._failures.count(*_source(request)) >= FAILURES_PER_IDENTITY:
            return TOO_MANY
        by_address = self._failures.count("address", request.address)
        if by_address >= FAILURES_PER_ADDRESS and _source(request) not in self._let_in:
            return TOO_MANY
        return None

    def failed(self, request: Request) -> None:
        self._failures.note(*_source(request))
        self._failures.note("address", request.address)

    def is_to_be_recorded(self, request: Request, refused: Refused) -> bool:
        """Who tries ever new identities fills no table with them."""
        if refused is not TOO_MANY:
            return True
        if self._failures.count("recorded", request.address) >= FAILURES_PER_ADDRESS:
            return False
        self._failures.note("recorded", request.address)
        return True

    def let_in(self, request: Request) -> None:
        self._let_in[_source(request)] = None
        self._let_in.move_to_end(_source(request))
        if len(self._let_in) > REMEMBERED:
            self._let_in.popitem(last=False)

    def took_over(self, identity: str) -> bool:
        """Whether this takeover makes it a storm, for which the identity is frozen."""
        self._failures.note("takeover", identity.lower())
        if self._failures.count("takeover", identity.lower()) <= TAKEOVERS_PER_MINUTE:
            return False
        self._frozen_until[identity.lower()] = time.monotonic() + FROZEN_FOR_S
        return True


def _source(request: Request) -> tuple[str, str]:
    return request.address, request.identity.lower()


def record(unit: UnitOfWork, request: Request, refused: Refused) -> None:
    """One row per identity, address and reason; core hears of the first of each hour."""
    now = timezone.now()
    # PostgreSQL takes no NUL.
    identity = request.identity[:255].replace("\x00", "")
    row, created = HandshakeRefusal.objects.get_or_create(
        identity=identity,
        address=request.address,
        reason=refused.reason,
        defaults={
            "remedy": refused.remedy,
            "status_code": refused.status,
            "path": request.path,
            "user": _user(request),
            "offered_protocols": ", ".join(request.offered)[:255],
        },
    )
    fresh = created or (now - row.last_at).total_seconds() > 3600
    if not created:
        HandshakeRefusal.objects.filter(pk=row.pk).update(
            count=F("count") + 1,
            last_at=now,
            remedy=refused.remedy,
            path=request.path,
            user=_user(request),
            offered_protocols=", ".join(request.offered)[:255],
        )
    known = registry.find(identity) if fresh else None
    if known is not None:
        unit.emit(
            known.pk,
            "charge_point.handshake_refused",
            {"reason": refused.reason, "remedy": refused.remedy, "address": request.address},
        )


def _user(request: Request) -> str:
    if request.authorization is None:
        return ""
    user = request.authorization.partition(b":")[0]
    return user.decode("utf-8", "replace").replace("\x00", "")[:255]
