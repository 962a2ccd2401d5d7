"""Reads a WebSocket's handshake request. OCPP-J 1.6 chapter 3, 2.0.1 part 4 chapter 3."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from chargepoints.gateway import tls

CHARGER_PATH = "/ocpp/"
MAX_OFFERED = 20
# The identity is in the user name, and not at the end of the URL, as it should be.
IDENTITY_IN_USER_NAME = "identity_in_user_name"


@dataclass(frozen=True, slots=True)
class Request:
    """The charger's handshake; `authorization` is the decoded `user:key` of HTTP Basic."""

    identity: str
    path: str
    offered: tuple[str, ...]
    authorization: bytes | None
    address: str
    deviations: tuple[str, ...]
    secured: tls.Secured = tls.Secured()
    wrong_path: bool = False
    # Why the request is no valid WebSocket handshake (RFC 6455, 4.2.1); empty if it is one.
    defect: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """`retry_after_s`: sent as Retry-After, unless 0. `close_code`: the handshake is completed,
    and the socket closed with this code at once.
    """

    status: int
    reason: str
    remedy: str
    retry_after_s: int = 0
    close_code: int = 0


def is_charger_path(path: str) -> bool:
    """Some chargers add slashes in front."""
    return f"/{path.strip('/')}/".startswith(CHARGER_PATH)


def read_request(scope: dict[str, Any]) -> Request:
    raw_path = bytes(scope.get("raw_path") or scope["path"].encode()).split(b"?")[0]
    wrong_path = not is_charger_path(scope["path"])
    identity, deviations = _identity(raw_path, begin=1 if wrong_path else 2)
    headers = dict(scope["headers"])
    authorization = _basic(headers.get(b"authorization", b""))
    if not (identity or wrong_path) and authorization is not None:
        identity, deviations = _user_name(authorization), [IDENTITY_IN_USER_NAME]
    client = scope.get("client")
    return Request(
        identity=identity,
        path=raw_path.decode("latin1")[:255],
        offered=tuple(protocol[:50] for protocol in scope.get("subprotocols", ())[:MAX_OFFERED]),
        authorization=authorization,
        address=str(client[0]) if client else "",
        deviations=tuple(deviations),
        secured=tls.read(scope, headers),
        wrong_path=wrong_path,
        defect=str(scope.get("extensions", {}).get("connect.defect", "")),
    )


def _identity(raw_path: bytes, *, begin: int) -> tuple[str, list[str]]:
    """The last non-empty segment from `begin` on, decoded once; empty if it is no identity."""
    segments = raw_path.split(b"/")
    named = [segment for segment in segments[begin:] if segment]
    if not named:
        return "", []
    deviations = []
    if len(named) > 1:
        deviations.append("extra_path")
    elif len(segments) > 3:
        deviations.append("extra_slash")
    try:
        return unquote_to_bytes(named[-1]).decode().strip(), deviations
    except UnicodeDecodeError:
        return "", deviations


def _user_name(authorization: bytes) -> str:
    """Some chargers do not append their identity to the URL that was set in them."""
    return authorization.partition(b":")[0].decode(errors="replace").strip()


def _basic(header: bytes) -> bytes | None:
    scheme, _, value = header.strip().replace(b"\t", b" ").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    # ASGI joins a header that was sent twice with a comma.
    value = value.partition(b",")[0].strip().rstrip(b"=")
    try:
        # Some chargers leave out the padding.
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
