"""What the gateway itself knows about a token: its own table, and what core said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Lower

from chargepoints import clock
from chargepoints.database.any_case import in_any_case
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, DecidedBy, IdToken, Transaction
from chargepoints.models.id_token import LONGEST_PERSONAL_MESSAGE
from chargepoints.protocol.inbound import clip
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import closing

# A refusal is asked again soon, whatever its time to live: a driver stands there.
LONGEST_REFUSAL_S = 60.0
# And so that the end of it is a date.
LONGEST_TTL_S = 366 * 86_400.0
LONGEST_TOKEN = 255
LONGEST_TYPE = 20
# Verdicts about the place, the hour or another transaction say nothing of the next question.
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
    """The rows about one token: `core` is what core said last, `own` is the gateway's own."""

    core: IdToken | None = None
    own: IdToken | None = None

    def fresh(self, now: datetime) -> Decision | None:
        """Core's last word, as long as core need not be asked again."""
        if self.core is None or self.core.fresh_until is None or self.core.fresh_until <= now:
            return None
        return self.stale(now)

    def stale(self, at: datetime) -> Decision | None:
        """Core's last word, however old."""
        return _decision(self.core, DecidedBy.CACHE, at) if self.core else None

    def listed(self, at: datetime) -> Decision | None:
        """The verdict of the gateway's own table; None where the token is not in it."""
        return _decision(self.own, DecidedBy.LOCAL_TABLE, at) if self.own else None


_CORE = str(IdToken.Source.CORE)
# The row keeps the spelling in which it was told first.
_REMEMBER = (
    "INSERT INTO chargepoints_idtoken (value, type, source, created_at, status, group_id_token,"
    " expires_at, personal_message, decided_at, fresh_until)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (LOWER(value), type, source) DO UPDATE SET status = excluded.status,"
    " group_id_token = excluded.group_id_token, expires_at = excluded.expires_at,"
    " personal_message = excluded.personal_message, decided_at = excluded.decided_at,"
    " fresh_until = excluded.fresh_until"
)

# Compared by the database's own idea of lower case, which the unique index has too.
_OF_TOKEN: PreparedQuery[IdToken] = PreparedQuery(
    lambda token: IdToken.objects.alias(lowered=Lower("value")).filter(lowered=Lower(Value(token)))
)

_CHARGING = PreparedQuery(
    lambda token: (
        in_any_case(Transaction.objects.all(), id_token=token)
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
    """Whether it charges now, but for this EVSE and this transaction.

    What is open in our books alone, or was refused, counts for nothing.
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
    """Keep what core decided, in the transaction of the message that brought the question."""
    if decision.decided_by != DecidedBy.CORE or decision.status not in _OF_THE_TOKEN_ITSELF:
        return
    if decision.evse_ids:
        # Of this charge point, and the next question may be of another.
        return
    if len(token.value) > LONGEST_TOKEN or len(token.type) > LONGEST_TYPE:
        # No version knows one so long: asked anew each time.
        return
    now = clock.now()
    # A priority, a limit, a tariff is of this moment, and languages are not kept: asked for anew.
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
    """The row of the first of these types; any type at all where None is given (1.6)."""
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
