"""What a server process remembers of a connected charge point, so that it need not ask."""

from dataclasses import dataclass, field
from datetime import datetime

from chargepoints.models import ChargePoint


@dataclass(slots=True)
class Station:
    """Settings as of the last reload, and what can be remembered because it never changes.

    `transactions` maps the charger's transaction ids to the ids of our rows; `metered_until`
    is the newest sample's time per EVSE: what is newer cannot be a repetition.
    """

    id: int
    identity: str
    external_id: str
    site: str
    strict: bool
    registration: str
    boot_accepted: bool
    heartbeat_interval: int | None
    proactive: bool
    core_unreachable: str
    connection_id: int = 0
    protocol: str = ""
    transactions: dict[str, int] = field(default_factory=dict)
    metered_until: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, charge_point: ChargePoint) -> "Station":
        station = cls.__new__(cls)
        station.id = charge_point.pk
        station.identity = charge_point.identity
        station.connection_id = 0
        station.protocol = ""
        station.transactions = {}
        station.metered_until = {}
        station.take_settings(charge_point)
        return station

    def take_settings(self, charge_point: ChargePoint) -> None:
        self.external_id = charge_point.external_id
        self.site = charge_point.site
        self.strict = charge_point.strict
        self.registration = charge_point.registration
        self.boot_accepted = charge_point.boot_accepted_at is not None
        self.heartbeat_interval = charge_point.heartbeat_interval
        self.proactive = charge_point.proactive
        self.core_unreachable = charge_point.core_unreachable
