"""Which quirk profiles fit a charge point, and the settings they bring.

Found at each boot in what is remembered of the profiles, so that a boot costs no query; written
only where something changes. A charge point keeps them as
{"profiles": [name, ...], "settings": {...}}.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F

from chargepoints.inbound import Inbound
from chargepoints.models import ChargePoint, QuirkProfile
from chargepoints.station import Station

RELOAD_EVERY_S = 2.0
# What a profile may set: the type of the value, and what it means.
SETTINGS: dict[str, tuple[type, str]] = {
    "reply_delay_ms": (int, "wait before each reply: one that comes too fast is missed"),
    "charging_rate_unit": (str, "A or W: the only unit of charging profiles it understands"),
    "limit_factor": (float, "its limits in charging profiles are so many times too large"),
}
LONGEST_DELAY_MS = 5000


@dataclass(frozen=True, slots=True)
class Product:
    vendor: str
    model: str
    firmware_version: str


def check(settings: Any) -> None:
    """Raises ValidationError where a profile's settings cannot be applied."""
    if not isinstance(settings, dict):
        raise ValidationError("an object with settings")
    for name, value in settings.items():
        kind, _ = SETTINGS.get(name, (None, ""))
        if kind is None:
            raise ValidationError(f"{name}: there is no such setting")
        if isinstance(value, bool) or not isinstance(value, (kind, int) if kind is float else kind):
            raise ValidationError(f"{name}: {kind.__name__}")
    if not 0 <= settings.get("reply_delay_ms", 0) <= LONGEST_DELAY_MS:
        raise ValidationError(f"reply_delay_ms: 0 to {LONGEST_DELAY_MS}")
    if settings.get("charging_rate_unit", "A") not in ("A", "W"):
        raise ValidationError("charging_rate_unit: A or W")
    if settings.get("limit_factor", 1) <= 0:
        raise ValidationError("limit_factor: above 0")


def apply(inbound: Inbound, product: Product) -> None:
    """At a boot: take over what fits the charge point as it is now."""
    fitting = find(_profiles(), product)
    wanted: dict[str, Any] = {}
    if fitting:
        settings: dict[str, Any] = {}
        for profile in fitting:
            settings |= profile.settings
        wanted = {"profiles": [profile.name for profile in fitting], "settings": settings}
        QuirkProfile.objects.filter(pk__in=[profile.pk for profile in fitting]).update(
            applied=F("applied") + 1, applied_at=inbound.received_at
        )
    station = inbound.station
    if wanted != station.quirks:
        ChargePoint.objects.filter(pk=station.id).update(quirks=wanted)
        inbound.unit.after_commit(lambda: setattr(station, "quirks", wanted))


def find(profiles: Sequence[QuirkProfile], product: Product) -> list[QuirkProfile]:
    """Those that fit, the more general before the more special ones."""
    fitting = [profile for profile in profiles if _fits(profile, product)]
    return sorted(fitting, key=lambda profile: len(profile.model.replace("*", "")))


def setting(charge_point: ChargePoint, name: str) -> Any:
    """The value of a setting for this charge point; None where no profile sets it."""
    return (charge_point.quirks or {}).get("settings", {}).get(name)


def reply_delay_s(station: Station) -> float:
    """How long to wait before each reply to it."""
    settings = station.quirks.get("settings", {})
    return float(settings.get("reply_delay_ms", 0)) / 1000


def _fits(profile: QuirkProfile, product: Product) -> bool:
    if not fnmatchcase(product.vendor.lower(), profile.vendor.lower()):
        return False
    if not fnmatchcase(product.model.lower(), profile.model.lower()):
        return False
    version = _version(product.firmware_version)
    first, last = profile.firmware_from, profile.firmware_to
    return (not first or _version(first) <= version) and (not last or version <= _version(last))


def _version(text: str) -> list[int]:
    """The numbers in it, in their order: 1.10 is later than 1.9."""
    return [int(number) for number in re.findall(r"\d{1,9}", text)]


_known: list[QuirkProfile] = []
_read_at = -RELOAD_EVERY_S


def _profiles() -> list[QuirkProfile]:
    """What is enabled, as of two seconds ago at the most."""
    global _known, _read_at
    if time.monotonic() - _read_at >= RELOAD_EVERY_S:
        _known = list(QuirkProfile.objects.filter(enabled=True))
        _read_at = time.monotonic()
    return _known
