"""A verdict about a token, and who gave it."""

from dataclasses import dataclass
from datetime import datetime

from chargepoints.models import AuthorizationStatus
from chargepoints.protocol.inbound import clip

LONGEST = 256

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

    @classmethod
    def told(cls, value: object, type: object = "") -> "TokenAsked":
        """As long as it may be to be looked up: one more than any that is kept."""
        return cls(clip(value, LONGEST), clip(type, LONGEST))


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
    cache_ttl_s: float | None = None
    evse_ids: tuple[int, ...] = ()
    charging_priority: int | None = None
    # Of the contract certificate that came with the token, one of CERTIFICATE_STATUSES, if any.
    certificate_status: str = ""

    @property
    def accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED
