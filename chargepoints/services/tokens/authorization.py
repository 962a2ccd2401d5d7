"""A verdict about a token, and who gave it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chargepoints.models import AuthorizationStatus
from chargepoints.protocol.inbound import clip
from chargepoints.services.tokens import vehicles
from chargepoints.services.tokens.vehicles import Vehicle

LONGEST = 256
# No token has control characters or blanks; fields of a fixed length are filled up with them.
BLANKS = "".join(map(chr, range(33))) + "\x7f"

CERTIFICATE_STATUSES = (
    "accepted",
    "signature_error",
    "expired",
    "revoked",
    "none_available",
    "chain_error",
    "contract_cancelled",
)


@dataclass(frozen=True, slots=True)
class TokenAsked:
    """A token as a charger sent it; OCPP 1.6 knows no types: ''."""

    value: str
    type: str = ""
    # The one that it stands for, or that is told beside it.
    vehicle: Vehicle | None = None

    @classmethod
    def told(
        cls, value: object, type: object = "", beside: Iterable[tuple[str, str]] = ()
    ) -> "TokenAsked":
        """As long as it may be to be looked up, one more than any that is kept; without what a
        reader has left around it.
        """
        value, type = clip(value, LONGEST).strip(BLANKS), clip(type, LONGEST)
        return cls(value, type, vehicles.told(value, type, beside))


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to core: where it was about, how long core took, or why it gave no answer."""

    evse_id: int | None = None
    core_ms: float | None = None
    core_error: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """May this token charge? `status` is one of AuthorizationStatus, `decided_by` of DecidedBy.

    `evse_ids`: the token may charge at these alone; none: at any of the charge point.
    """

    status: str
    decided_by: str
    group_id_token: str | None = None
    expires_at: datetime | None = None
    personal_message: str | None = None
    # What the driver reads, the preferred one first: tags of RFC 5646, at most two.
    languages: tuple[str, ...] = ()
    cache_ttl_s: float | None = None
    evse_ids: tuple[int, ...] = ()
    charging_priority: int | None = None
    # Of the contract certificate that came with the token, one of CERTIFICATE_STATUSES, if any.
    certificate_status: str = ""
    # Of the transaction: some of energy_wh, time_s, cost and soc.
    limits: dict[str, Any] | None = None
    # What the driver pays, and how energy may flow, as far as the charger's version can say it.
    tariff: dict[str, Any] | None = None
    energy_transfer: tuple[str, ...] = ()
    # How it came about: two that say the same are the same.
    asked: Asked = field(default=Asked(), compare=False)

    @property
    def accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED
