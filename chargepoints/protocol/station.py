"""A connected charge point as its server process caches it, to save queries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chargepoints.models import ChargePoint, Registration, Transaction


@dataclass(slots=True)
class ConnectorState:
    """A connector's last reported status, with the charger's time, and its row's id."""

    pk: int
    report: tuple[str, ...]
    at: datetime | None


@dataclass(slots=True)
class Station:
    """Settings as of the last reload, and what was learned on this connection.

    Only the current connection may change this cache; writes of an older connection are ordered
    in the database by the charger's time. `open_transactions` contains the committed rows by the
    charger's ids, and is None until first needed. `metered_until` is the time of the newest
    sample of each EVSE: a newer sample cannot be a repetition.
    """

    id: int
    identity: str
    connection_id: int = 0
    protocol: str = ""
    external_id: str = ""
    site: str = ""
    strict: bool = False
    registration: str = ""
    # Vendor, model and firmware, as reported at the last boot.
    product: tuple[str, str, str] = ("", "", "")
    # The common name of the client certificate of this connection, if any.
    certificate_name: str = ""
    # Finds the limits of a transaction that the charger enforces itself; and the cached result.
    find_enforced_limits: Callable[[int], frozenset[str]] | None = None
    enforced_limits: frozenset[str] | None = None
    # The same for the highest power of its EVSEs.
    find_most_power: Callable[[int], Mapping[int, float]] | None = None
    most_power: Mapping[int, float] | None = None
    boot_accepted: bool = False
    boot_pending: bool = False
    heartbeat_interval: int | None = None
    proactive: bool = True
    core_unreachable: str = ""
    settings_changed_at: datetime | None = None
    assigned_quirks: list[str] = field(default_factory=list)
    quirks: dict[str, Any] = field(default_factory=dict)
    # Whether it has booted on this connection.
    booted_here: bool = False
    # Actions that we requested before its boot was accepted.
    requested_actions: frozenset[str] = frozenset()
    boot_asked: bool = False
    clock_skew_s: int | None = None
    # A clock deviation that is not trusted yet, and since when.
    doubtful_skew: tuple[int, datetime] | None = None
    stored_skew_s: int | None = None
    # Our CALLs in a row without an answer; whether `deaf_since` was already set.
    unanswered: int = 0
    deaf: bool = False
    open_transactions: dict[str, Transaction] | None = None
    metered_until: dict[int, datetime] = field(default_factory=dict)
    connectors: dict[tuple[int, int], ConnectorState] = field(default_factory=dict)
    # Vehicles whose transactions are still to start, by EVSE: (id, type) and when reported.
    vehicles: dict[int | None, tuple[tuple[str, ...], datetime]] = field(default_factory=dict)
    # A newer socket has taken over: this cache may be out of date.
    superseded: bool = False

    @classmethod
    def of(cls, charge_point: ChargePoint) -> "Station":
        station = cls(charge_point.pk, charge_point.identity)
        # Not in `apply_settings`: a row read earlier must not undo the boot that was just accepted.
        station.boot_accepted = charge_point.boot_accepted_at is not None
        station.stored_skew_s = charge_point.clock_skew_s
        station.deaf = charge_point.deaf_since is not None
        station.product = (
            charge_point.vendor,
            charge_point.model,
            charge_point.firmware_version,
        )
        station.apply_settings(charge_point)
        return station

    @property
    def may_charge(self) -> bool:
        """Its boot was accepted; or it is registered and has not sent one on this connection."""
        registered = self.registration == Registration.ACCEPTED
        return self.boot_accepted or (registered and not self.booted_here)

    def apply_settings(self, charge_point: ChargePoint) -> None:
        if charge_point.settings_changed_at == self.settings_changed_at:
            # Unchanged; and a row read earlier must not undo the effects of a later boot.
            return
        self.settings_changed_at = charge_point.settings_changed_at
        self.external_id = charge_point.external_id
        self.site = charge_point.site
        self.strict = charge_point.strict
        if self.registration not in ("", charge_point.registration):
            self.boot_accepted &= charge_point.registration == Registration.ACCEPTED
            self.boot_pending = charge_point.registration == Registration.PENDING
        self.registration = charge_point.registration
        self.heartbeat_interval = charge_point.heartbeat_interval
        self.proactive = charge_point.proactive
        self.core_unreachable = charge_point.core_unreachable
        self.assigned_quirks = charge_point.assigned_quirks
        self.quirks = charge_point.quirks
