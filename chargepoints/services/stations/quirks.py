"""The quirk profiles of a charge point, their settings, and how often each was used.

At each boot the profiles are matched in memory, without a query; only changes are written. A
charge point stores them as {"profiles": [name, ...], "settings": {...}}.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.db.models import F

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, QuirkProfile, QuirkUse
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station

RELOAD_EVERY_S = 2.0
_USED = (
    "UPDATE chargepoints_quirkuse SET count = count + 1, used_at = %s"
    " WHERE charge_point_id = %s AND setting = %s"
)


@dataclass(frozen=True, slots=True)
class Product:
    vendor: str
    model: str
    firmware_version: str


def apply(inbound: Inbound, product: Product) -> None:
    """At a boot: apply the profiles that match the charge point now."""
    station = inbound.station
    fitting = find(_profiles(), product, station.assigned_quirks)
    if fitting:
        QuirkProfile.objects.filter(pk__in=[profile.pk for profile in fitting]).update(
            applied=F("applied") + 1, applied_at=inbound.received_at
        )
    wanted = _joined(fitting)
    if wanted != station.quirks:
        ChargePoint.objects.filter(pk=station.id).update(quirks=wanted)
        _expect_use(station.id, wanted)
        inbound.unit.after_commit(lambda: setattr(station, "quirks", wanted))


def reassign(charge_point: ChargePoint) -> None:
    """Match the profiles again, for instance after staff assigned others; does not save."""
    product = Product(charge_point.vendor, charge_point.model, charge_point.firmware_version)
    enabled = list(QuirkProfile.objects.filter(enabled=True))
    charge_point.quirks = _joined(find(enabled, product, charge_point.assigned_quirks))
    _expect_use(charge_point.pk, charge_point.quirks)


def find(
    profiles: Sequence[QuirkProfile], product: Product, assigned: Sequence[str] = ()
) -> list[QuirkProfile]:
    """The matching profiles, general before specific, and then those that staff assigned."""
    fitting = [
        profile for profile in profiles if profile.name in assigned or _fits(profile, product)
    ]
    return sorted(
        fitting,
        key=lambda profile: (profile.name in assigned, len(profile.model.replace("*", ""))),
    )


def setting(charge_point: ChargePoint | Station, name: str) -> Any:
    """The value of a setting for this charge point; None if no profile sets it."""
    return (charge_point.quirks or {}).get("settings", {}).get(name)


def used(unit: UnitOfWork, charge_point_id: int, name: str) -> None:
    """Count a setting that changed a message or its timing, for staff to see."""
    unit.update(_USED, (clock.now(), charge_point_id, name))


def reply_delay_s(station: Station) -> float:
    """The seconds to wait before each reply."""
    return float(setting(station, "reply_delay_ms") or 0) / 1000


def keep_alive(station: Station) -> tuple[float | None, float | None]:
    """Seconds of silence before a ping, and seconds after it before the socket is closed."""
    interval = setting(station, "ping_interval_s")
    patience = None
    if setting(station, "answers_pings") is False:
        patience = 3.0 * (station.heartbeat_interval or settings.HEARTBEAT_INTERVAL_S)
    return interval, patience


def connected(unit: UnitOfWork, charge_point: ChargePoint) -> None:
    """Count the settings of the charger's socket as used."""
    for name in ("ping_interval_s", "answers_pings", "reconnects_after_close"):
        if setting(charge_point, name) is not None:
            used(unit, charge_point.pk, name)


def replying(unit: UnitOfWork, station: Station) -> None:
    """Count a delayed reply."""
    if setting(station, "reply_delay_ms"):
        used(unit, station.id, "reply_delay_ms")


def _joined(fitting: Sequence[QuirkProfile]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for profile in fitting:
        joined |= profile.settings
    return {"profiles": [each.name for each in fitting], "settings": joined} if fitting else {}


def _expect_use(charge_point_id: int, quirks: dict[str, Any]) -> None:
    """Create a row for each setting, so that counting is an update."""
    for name in quirks.get("settings", {}):
        QuirkUse.objects.get_or_create(
            charge_point_id=charge_point_id, setting=name, defaults={"since": clock.now()}
        )


def _fits(profile: QuirkProfile, product: Product) -> bool:
    if not profile.vendor or not fnmatchcase(product.vendor.lower(), profile.vendor.lower()):
        return False
    if not fnmatchcase(product.model.lower(), profile.model.lower()):
        return False
    version = _version(product.firmware_version)
    first, last = profile.firmware_from, profile.firmware_to
    return (not first or _version(first) <= version) and (not last or version <= _version(last))


def _version(text: str) -> list[int]:
    """The numbers in a version, in their order: 1.10 is later than 1.9."""
    return [int(number) for number in re.findall(r"\d{1,9}", text)]


_known: list[QuirkProfile] = []
_read_at = -RELOAD_EVERY_S


def _profiles() -> list[QuirkProfile]:
    """The enabled profiles, at most two seconds old."""
    global _known, _read_at
    if time.monotonic() - _read_at >= RELOAD_EVERY_S:
        _known = list(QuirkProfile.objects.filter(enabled=True))
        _read_at = time.monotonic()
    return _known
