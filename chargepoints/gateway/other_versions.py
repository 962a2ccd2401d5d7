"""Messages of another OCPP version than the one that charger and gateway agreed on.

Some chargers mix two versions: on a socket of OCPP 2.0.1 they send a StartTransaction of 1.6.
The gateway accepts such a message and handles it with the handler of its version.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from chargepoints.protocol.versions import OcppVersion, installed_versions, nothing_secret


def matching_version(agreed: OcppVersion, action: str, payload: Any) -> OcppVersion | None:
    """The version whose schema the payload fits exactly, or None.

    Versions that extend the agreed one, or that it extends, are left out: a field of the later
    version is merely an unknown field in the earlier one.
    """
    others = [each for each in installed_versions().values() if _first(each) is not _first(agreed)]
    for other in sorted(others, key=lambda each: each.extends is not None):
        if action in other.handlers and other.schemas.fits_request(action, payload):
            return other
    return None


def redacted_call(action: str, payload: Any) -> Any:
    """Redacted by all versions, because the message may be one of another version."""
    for hide in _of_all("redacted_call"):
        payload = hide(action, payload)
    return payload


def redacted_for_trace(action: str, payload: Any) -> Any:
    """As `redacted_call`; returns the same object if it contains no secret."""
    for hide in _of_all("redacted_for_trace"):
        payload = hide(action, payload)
    return payload


@cache
def _of_all(name: str) -> tuple[Callable[[str, Any], Any], ...]:
    """The redaction functions of all versions; one that is inherited is called once."""
    hiding = {getattr(each, name): None for each in installed_versions().values()}
    return tuple(hide for hide in hiding if hide is not nothing_secret)


def _first(version: OcppVersion) -> OcppVersion:
    """The version at the root of its `extends` chain; itself if it extends none."""
    while version.extends is not None:
        version = version.extends
    return version
