"""The decision about a token, and who made it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chargepoints.models import AuthorizationStatus
from chargepoints.protocol.inbound import clip
from chargepoints.services.tokens import vehicles
from chargepoints.services.tokens.vehicles import Vehicle

LONGEST = 256
# Readers pad fields of a fixed length with these; no token contains them.
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
    """A token as a charger sent it; in OCPP 1.6 `type` is ''."""

    value: str
    type: str = ""
    # The vehicle that the token identifies, or that additionalInfo contains.
    vehicle: Vehicle | None = None

    @classmethod
    def from_charger(
        cls, value: object, type: object = "", additional: Iterable[tuple[str, str]] = ()
    ) -> "TokenAsked":
        """Cut the token to one character more than the longest that can be stored, and remove the
        padding of readers.
        """
        value, type = clip(value, LONGEST).strip(BLANKS), clip(type, LONGEST)
        return cls(value, type, vehicles.of_token(value, type, additional))


@dataclass(frozen=True, slots=True)
class Asked:
    """The request to core: the EVSE, core's response time, or why core did not answer."""

    evse_id: int | None = None
    core_ms: float | None = None
    core_error: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """May this token charge? `status` is one of AuthorizationStatus, `decided_by` of DecidedBy.

    `evse_ids`: the token may charge only at these; empty: at all EVSEs of the charge point.
    """

    status: str
    decided_by: str
    group_id_token: str | None = None
    expires_at: datetime | None = None
    personal_message: str | None = None
    # The driver's languages, the preferred one first: RFC 5646 tags, at most two.
    languages: tuple[str, ...] = ()
    cache_ttl_s: float | None = None
    evse_ids: tuple[int, ...] = ()
    charging_priority: int | None = None
    # Of the contract certificate, if one came with the token: one of CERTIFICATE_STATUSES.
    certificate_status: str = ""
    # For the transaction: some of energy_wh, time_s, cost and soc.
    limits: dict[str, Any] | None = None
    # The driver's tariff and allowed energy transfer, for versions of OCPP that have them.
    tariff: dict[str, Any] | None = None
    energy_transfer: tuple[str, ...] = ()
    # Ignored when decisions are compared.
    asked: Asked = field(default=Asked(), compare=False)

    @property
    def accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED
