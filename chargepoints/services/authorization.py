"""A verdict about a token: who decided it, and how it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargepoints.clock import api_time
from chargepoints.models import AuthorizationStatus, DecidedBy


@dataclass(frozen=True, slots=True)
class TokenAsked:
    """A token as a charger named it; `type` is empty where the version has none (1.6)."""

    value: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    status: str
    decided_by: DecidedBy
    group_id_token: str = ""
    expires_at: datetime | None = None
    personal_message: str = ""
    cache_ttl_s: int | None = None

    @property
    def accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED

    def data(self) -> dict[str, Any]:
        """As events tell it."""
        return {
            "status": self.status,
            "decided_by": self.decided_by,
            "group_id_token": self.group_id_token or None,
            "expires_at": api_time(self.expires_at),
        }
