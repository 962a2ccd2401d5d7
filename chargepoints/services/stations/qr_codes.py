"""Reads the URL of a station's QR code, with which a driver pays (C25), and checks its password.

Core has the web page and the secret of the one-time password, which the station never reports. All
other values are variables of `WebPaymentsCtrlr` that the station reported.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

from chargepoints.models import ChargePoint
from chargepoints.services.device_model import variables

COMPONENT = "WebPaymentsCtrlr"
# "base62" as the specification prints it: 61 letters, without `o`. Stations may use all 62.
PRINTED = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
COMPLETE = PRINTED.replace("n", "no")
SUPPORTED_VERSION = "v1"
# Names in the query of the URL (C25.FR.56 to FR.58) -> names of limits.
LIMITS = {"maxenergy": "energy_wh", "maxtime": "time_s", "maxcost": "cost"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class NotReported(Exception):
    """The station has not reported this variable, which is needed to read the URL."""


class InvalidUrl(Exception):
    """C25.FR.08: this URL does not authorize charging; the argument says why."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """`limits`: those that the driver chose, of energy_wh, time_s and cost."""

    evse_id: int | None
    limits: dict[str, float]


def one_time_password(secret: str, interval: int, length: int, letters: str = PRINTED) -> str:
    """C25, TOTP algorithm, version 1. `interval`: seconds since 1970 by the time of validity."""
    digest = hmac.digest(secret.encode(), interval.to_bytes(8, "big"), hashlib.sha256)
    offset = digest[-1] & 0x0F
    chosen = (digest[(offset + place) % len(digest)] for place in range(length))
    return "".join(letters[each % len(letters)] for each in chosen)


def read(charge_point: ChargePoint, url: str, secret: str, at: datetime) -> Scanned:
    """What the URL of a QR code requests. Raises InvalidUrl and NotReported."""
    said = _placeholders(_reported(charge_point, "URLTemplate"), url)
    if said.get("chargingstationid", charge_point.identity).lower() != (
        charge_point.identity.lower()
    ):
        raise InvalidUrl("charge_point")
    if said.get("version", SUPPORTED_VERSION) != SUPPORTED_VERSION:
        raise InvalidUrl("version")
    _check_password(charge_point, said.get("totp", ""), secret, at)
    return Scanned(_evse(said), _limits(urlsplit(url).query))


def _reported(charge_point: ChargePoint, name: str) -> str:
    value = variables.reported(charge_point.pk, COMPONENT, name)
    if not value:
        raise NotReported(f"{COMPONENT}.{name}")
    return value


def _placeholders(template: str, url: str) -> dict[str, str]:
    """C25.FR.50 to FR.53: the values in the URL for the placeholders of the template.

    Each value ends at the template's next fixed part, without backtracking.
    """
    begin, *rest = _PLACEHOLDER.split(template.rstrip("/"))
    path = urlsplit(url)._replace(query="", fragment="").geturl().rstrip("/")
    if not path.startswith(begin):
        raise InvalidUrl("url")
    found: dict[str, str] = {}
    left = path.removeprefix(begin)
    for name, fixed in zip(rest[::2], rest[1::2], strict=True):
        value, _, after = left.partition(fixed) if fixed else (left, "", "")
        if not value or "/" in value or (fixed and fixed not in left):
            raise InvalidUrl("url")
        found[name.lower()], left = unquote(value), after
    if left:
        raise InvalidUrl("url")
    return found


def _check_password(charge_point: ChargePoint, said: str, secret: str, at: datetime) -> None:
    """C25.FR.07: the password of this interval, the one before or the next."""
    now = int(at.timestamp()) // _number(charge_point, "ValidityTime", most=3600)
    length = _number(charge_point, "Length", most=64)
    right = [
        one_time_password(secret, interval, length, letters)
        for interval in (now, now - 1, now + 1)
        for letters in (PRINTED, COMPLETE)
    ]
    if not any(hmac.compare_digest(said.encode(), each.encode()) for each in right):
        raise InvalidUrl("one_time_password")


def _number(charge_point: ChargePoint, name: str, *, most: int) -> int:
    text = _reported(charge_point, name)
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise NotReported(f"a usable {COMPONENT}.{name}")
    return int(text[:9])


def _evse(said: dict[str, str]) -> int | None:
    if "evse" not in said:
        return None
    if not said["evse"].isdecimal() or not 1 <= len(said["evse"]) <= 4:
        raise InvalidUrl("evse")
    return int(said["evse"])


def _limits(query: str) -> dict[str, float]:
    """C25.FR.59, FR.60: other parameters are ignored."""
    limits: dict[str, float] = {}
    for name, values in parse_qs(query).items():
        if name in LIMITS:
            try:
                limits[LIMITS[name]] = abs(float(values[0]))
            except ValueError:
                raise InvalidUrl("limits") from None
    return limits
