"""The gateway's own data about a token: its table, and core's earlier answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Lower

from chargepoints import clock
from chargepoints.database.case_insensitive import filter_ignoring_case
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, DecidedBy, IdToken, Transaction
from chargepoints.models.id_token import LONGEST_PERSONAL_MESSAGE
from chargepoints.protocol.inbound import clip
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import closing

# A refusal is cached briefly, whatever its time to live: the driver is waiting.
LONGEST_REFUSAL_S = 60.0
# The limit keeps the end of validity a valid date.
LONGEST_TTL_S = 366 * 86_400.0
LONGEST_TOKEN = 255
LONGEST_TYPE = 20
# Other statuses depend on place, time or other transactions, and are not cached.
_OF_THE_TOKEN_ITSELF = frozenset(
    {
        AuthorizationStatus.ACCEPTED,
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.NO_CREDIT,
        AuthorizationStatus.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one token: `core` is core's last answer, `own` the gateway's own entry."""

    core: IdToken | None = None
    own: IdToken | None = None

    def fresh(self, now: datetime) -> Decision | None:
        """Core's last answer, while it is valid."""
        if self.core is None or self.core.fresh_until is None or self.core.fresh_until <= now:
            return None
        return self.stale(now)

    def stale(self, at: datetime) -> Decision | None:
        """Core's last answer, even if it has expired."""
        return _decision(self.core, DecidedBy.CACHE, at) if self.core else None

    def listed(self, at: datetime) -> Decision | None:
        """The status in the gateway's own table; None if the token is not in it."""
        return _decision(self.own, DecidedBy.LOCAL_TABLE, at) if self.own else None


_CORE = str(IdToken.Source.CORE)
# The row keeps the spelling in which it was first stored.
_REMEMBER = (
    "INSERT INTO chargepoints_idtoken (value, type, source, created_at, status, group_id_token,"
    " expires_at, personal_message, decided_at, fresh_until)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (LOWER(value), type, source) DO UPDATE SET status = excluded.status,"
    " group_id_token = excluded.group_id_token, expires_at = excluded.expires_at,"
    " personal_message = excluded.personal_message, decided_at = excluded.decided_at,"
    " fresh_until = excluded.fresh_until"
)

# Compared with the database's LOWER, as in the unique index.
_OF_TOKEN: PreparedQuery[IdToken] = PreparedQuery(
    lambda token: IdToken.objects.alias(lowered=Lower("value")).filter(lowered=Lower(Value(token)))
)

_CHARGING = PreparedQuery(
    lambda token: (
        filter_ignoring_case(Transaction.objects.all(), id_token=token)
        .filter(authorization_status=str(AuthorizationStatus.ACCEPTED), ended_at=None)
        .values_list("pk", "charge_point_id", "evse_id", "transaction_id")
    )
)


def known(token: TokenAsked) -> Known:
    found = _OF_TOKEN.all(token.value)
    return Known(
        core=_first(found, IdToken.Source.CORE, [token.type]),
        own=_first(found, IdToken.Source.OWN, [token.type, ""] if token.type else None),
    )


def charges_elsewhere(
    token: TokenAsked, charge_point_id: int, evse_id: int | None, transaction_id: str | None
) -> bool:
    """Whether the token charges now, on another EVSE and in another transaction.

    Refused transactions, and those that are open only in the database, do not count.
    """
    elsewhere = [
        pk
        for pk, *place in _CHARGING.all(token.value)
        if place[0] != charge_point_id or not (place[1] == evse_id or place[2] == transaction_id)
    ]
    if not elsewhere:
        return False
    charging = Transaction.objects.filter(pk__in=elsewhere)
    return charging.exclude(pk__in=closing.left_open(charging)).exists()


def remember(unit: UnitOfWork, token: TokenAsked, decision: Decision) -> None:
    """Store core's decision, in the transaction of the message that caused the question."""
    if decision.decided_by != DecidedBy.CORE or decision.status not in _OF_THE_TOKEN_ITSELF:
        return
    if decision.evse_ids:
        # It applies to EVSEs of this charge point only; the next question may be about another.
        return
    if len(token.value) > LONGEST_TOKEN or len(token.type) > LONGEST_TYPE:
        # No version allows longer ones: they are not cached.
        return
    now = clock.now()
    # Priorities, limits and tariffs may change at any time, and languages are not stored.
    of_the_moment = decision.charging_priority is not None or any(
        (decision.limits, decision.tariff, decision.energy_transfer, decision.languages)
    )
    ttl_s = 0.0 if of_the_moment else decision.cache_ttl_s or 0.0
    ttl_s = min(ttl_s, LONGEST_TTL_S if decision.accepted else LONGEST_REFUSAL_S)
    known = (
        decision.status,
        clip(decision.group_id_token, 255),
        decision.expires_at,
        clip(decision.personal_message, LONGEST_PERSONAL_MESSAGE),
        now,
        now + timedelta(seconds=ttl_s),
    )
    unit.update(_REMEMBER, (token.value, token.type, _CORE, now, *known))


def _first(rows: Sequence[IdToken], source: str, types: Sequence[str] | None) -> IdToken | None:
    """The row whose type comes first in `types`; any type if that is None (1.6)."""
    found = [row for row in rows if row.source == source and (types is None or row.type in types)]
    return min(found, key=lambda row: types.index(row.type) if types else 0, default=None)


def _decision(row: IdToken, decided_by: str, at: datetime) -> Decision:
    expired = row.expires_at is not None and row.expires_at <= at
    status = row.status
    if expired and status == AuthorizationStatus.ACCEPTED:
        status = AuthorizationStatus.EXPIRED
    return Decision(
        status=str(status),
        decided_by=str(decided_by),
        group_id_token=row.group_id_token or None,
        expires_at=row.expires_at,
        personal_message=row.personal_message or None,
    )
