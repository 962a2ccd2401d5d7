"""From a WebSocket's first request to a connection, or to the reason for refusing it.

The reading of the request is pure; `admit` and `close` run in the writer's transaction.
OCPP-J 1.6 chapter 3, 2.0.1 part 4 chapter 3, security whitepaper 3.
"""

import base64
import binascii
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.db.models.functions import Lower
from django.utils import timezone

from chargepoints.gateway import tls
from chargepoints.models import ChargePoint, Connection, Credential, Registration
from chargepoints.models.charge_point import identity_validator
from chargepoints.models.connection import new_epoch
from chargepoints.services import charge_points, passwords, quirks
from chargepoints.station import Station
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import OcppVersion, installed_versions

_CONNECTED = (
    "UPDATE chargepoints_chargepoint SET connection_id = %s, protocol = %s, last_seen_at = %s,"
    " reported_online = %s WHERE id = %s"
)
_USED = "UPDATE chargepoints_credential SET used_at = %s WHERE id = %s"
MAX_OFFERED = 20
_NO_CREDENTIAL = Credential(salt=bytes(16), digest=bytes(32))


@dataclass(frozen=True, slots=True)
class Request:
    """What the charger asked with; `authorization` is the decoded `user:key` of Basic."""

    identity: str
    path: str
    offered: tuple[str, ...]
    authorization: bytes | None
    address: str
    deviations: tuple[str, ...]
    secured: tls.Secured = tls.Secured()


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """`subprotocol` is what to echo, None where nothing was offered."""

    station: Station
    version: OcppVersion
    subprotocol: str | None
    superseded: Connection | None
    deviations: list[str] = field(default_factory=list)


def read_request(scope: dict[str, Any]) -> Request:
    raw_path = bytes(scope.get("raw_path") or scope["path"].encode()).split(b"?")[0]
    identity, deviations = _identity(raw_path)
    headers = dict(scope["headers"])
    client = scope.get("client")
    return Request(
        identity=identity,
        path=raw_path.decode("latin1")[:255],
        offered=tuple(protocol[:50] for protocol in scope.get("subprotocols", ())[:MAX_OFFERED]),
        authorization=_basic(headers.get(b"authorization", b"")),
        address=str(client[0]) if client else "",
        deviations=tuple(deviations),
        secured=tls.read(scope, headers),
    )


def _identity(raw_path: bytes) -> tuple[str, list[str]]:
    """The last segment that is not empty, decoded once; empty where it cannot be one."""
    segments = raw_path.split(b"/")
    named = [segment for segment in segments[2:] if segment]
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


def _basic(header: bytes) -> bytes | None:
    scheme, _, value = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def find(identity: str) -> ChargePoint | None:
    """The charge point registered under this identity, in any case."""
    # Raw: a fleet that reconnects at once spends its time composing queries otherwise.
    exact = ChargePoint.objects.raw(
        "SELECT * FROM chargepoints_chargepoint WHERE identity = %s", [identity]
    )
    for charge_point in exact:
        return charge_point
    lower = ChargePoint.objects.alias(lower=Lower("identity"))
    return lower.filter(lower=identity.lower()).first()


def admit(unit: UnitOfWork, request: Request, server_id: uuid.UUID) -> Admitted | Refused:
    """Authenticate, agree on a version, and open the connection that supersedes the last one."""
    if not identity_validator.regex.fullmatch(request.identity):  # type: ignore[union-attr]
        return Refused(404, "invalid_identity", "Correct the URL set in the charger.")
    deviations = list(request.deviations)
    charge_point = find(request.identity)
    if charge_point is None and settings.UNKNOWN_CHARGE_POINTS == "pending":
        charge_point = _take_in(request)
    if charge_point is None:
        _NO_CREDENTIAL.matches(request.authorization or b"")
        return Refused(404, "unknown_identity", "Register the charge point, or correct its URL.")
    if refused := _authenticate(unit, charge_point, request, deviations):
        return refused
    agreed = _agree(charge_point, request.offered, deviations)
    if agreed is None:
        spoken = charge_point.pinned_protocol or " or ".join(installed_versions())
        return Refused(400, "no_common_protocol", f"Set the charger to {spoken}.")
    version, subprotocol = agreed
    superseded = _superseded(charge_point)
    epoch = _open(unit, charge_point, version, request, deviations, server_id)
    if charge_point.quirks:
        quirks.connected(unit, charge_point)
    station = Station.of(charge_point)
    station.connection_id = epoch
    station.protocol = version.subprotocol
    station.certified = request.secured.common_name
    return Admitted(station, version, subprotocol, superseded, deviations)


def _superseded(charge_point: ChargePoint) -> Connection | None:
    """The connection that is open still, with its server, which is told on the event loop."""
    if charge_point.connection_id is None:
        return None
    open_still = Connection.objects.select_related("server")
    return open_still.filter(pk=charge_point.connection_id).first()


def _take_in(request: Request) -> ChargePoint:
    """An unknown charger, waiting for staff; the key it came with is the one it keeps."""
    key = request.authorization.partition(b":")[2] if request.authorization else b""
    charge_point = charge_points.register(
        request.identity,
        registration=Registration.PENDING,
        security_profile=1 if key else 0,
    )
    if key:
        Credential.for_key(charge_point, key).save()
    return charge_point


def _authenticate(
    unit: UnitOfWork, charge_point: ChargePoint, request: Request, deviations: list[str]
) -> Refused | None:
    """By its security profile; or by the higher one it was told to use, which then stays.

    Security whitepaper A05.FR.08 and FR.09: until it has used the new one, it may fall back.
    """
    higher = charge_point.next_security_profile
    if higher is not None and _fits(unit, charge_point, higher, request, deviations) is None:
        ChargePoint.objects.filter(pk=charge_point.pk).update(
            security_profile=higher, next_security_profile=None
        )
        return None
    return _fits(unit, charge_point, charge_point.security_profile, request, deviations)


def _fits(
    unit: UnitOfWork,
    charge_point: ChargePoint,
    profile: int,
    request: Request,
    deviations: list[str],
) -> Refused | None:
    if profile == 0:
        return None
    if lacking := tls.missing(profile, request.secured, charge_point):
        return Refused(401, *lacking)
    if profile >= tls.CERTIFICATE_FROM:
        # A00.FR.401: the certificate stands for the password.
        return None
    return _password_fits(unit, charge_point, request, deviations)


def _password_fits(
    unit: UnitOfWork, charge_point: ChargePoint, request: Request, deviations: list[str]
) -> Refused | None:
    if request.authorization is None:
        return Refused(401, "no_credentials", "Set the key in the charger: it sent none.")
    user, key = _user_and_key(request.authorization, charge_point.identity)
    if user.lower() != charge_point.identity.lower().encode():
        # A00.FR.204: the user name is the identity of the charging station.
        if charge_point.check_user_name:
            return Refused(401, "wrong_user", "The user name must be the charger's identity.")
        deviations.append("other_user_name")
    candidates = _forms(key)
    credentials = list(
        Credential.objects.raw(
            "SELECT * FROM chargepoints_credential WHERE charge_point_id = %s", [charge_point.pk]
        )
    )
    for credential in credentials:
        matches = [credential.matches(candidate) for candidate in candidates]
        if any(matches):
            if credential.used_at is None:
                unit.update(_USED, (timezone.now(), credential.pk))
                passwords.used(unit, credential, alone=len(credentials) == 1)
            return None
    return Refused(401, "wrong_key", "Set the charger's key anew, in the charger and here.")


def _user_and_key(authorization: bytes, identity: str) -> tuple[bytes, bytes]:
    """Split at the colon that ends the known identity: identities and keys may hold colons."""
    prefix = identity.encode() + b":"
    if authorization[: len(prefix)].lower() == prefix.lower():
        return authorization[: len(prefix) - 1], authorization[len(prefix) :]
    user, _, key = authorization.partition(b":")
    return user, key


def _forms(key: bytes) -> set[bytes]:
    """The key as it came, as the bytes it may be the hex of, and as hex, in either case."""
    try:
        raw = bytes.fromhex(key.decode("ascii"))
    except ValueError:
        raw = key
    spelled = {each.hex() for each in (key, raw)}
    return {key, raw, *(text.encode() for each in spelled for text in (each, each.upper()))}


def _agree(
    charge_point: ChargePoint, offered: tuple[str, ...], deviations: list[str]
) -> tuple[OcppVersion, str | None] | None:
    """The version to speak, and the offered spelling of it to echo."""
    versions = installed_versions()
    pinned = charge_point.pinned_protocol
    offered = tuple(protocol for protocol in offered if protocol)
    if not offered:
        assumed = (version for version in versions.values() if version.assumed)
        meant = versions.get(pinned) or next(assumed, None)
        if charge_point.strict or meant is None:
            return None
        deviations.append("no_subprotocol")
        return meant, None
    spoken = {name: version for name, version in versions.items() if pinned in ("", name)}
    for name, version in spoken.items():
        if name in offered:
            return version, name
    if charge_point.strict:
        return None
    for name, version in spoken.items():
        known_as = {_folded(alias) for alias in (name, *version.aliases)}
        if odd := next((each for each in offered if _folded(each) in known_as), None):
            deviations.append("odd_subprotocol")
            return version, odd
    return None


def _folded(protocol: str) -> str:
    return re.sub(r"[^a-z0-9]", "", protocol.lower())


def _open(
    unit: UnitOfWork,
    charge_point: ChargePoint,
    version: OcppVersion,
    request: Request,
    deviations: list[str],
    server_id: uuid.UUID,
) -> int:
    now = timezone.now()
    superseded = charge_point.connection_id
    if superseded is not None:
        Connection.objects.filter(pk=superseded, closed_at=None).update(
            closed_at=now, close_reason="superseded by a newer socket"
        )
    epoch = new_epoch()
    unit.append(
        Connection,
        (
            epoch,
            charge_point.pk,
            server_id,
            version.subprotocol,
            request.address,
            request.path,
            deviations,
            now,
            None,
            None,
            "",
        ),
    )
    unit.update(_CONNECTED, (epoch, version.subprotocol, now, True, charge_point.pk))
    if superseded is not None or not charge_point.reported_online:
        unit.emit(
            charge_point.pk,
            "charge_point.online",
            {
                "protocol": version.subprotocol,
                "remote_address": request.address,
                "takeover": superseded is not None,
            },
            received_at=now,
            deviations=deviations,
        )
    return epoch


def close(station: Station, code: int | None, reason: str) -> None:
    """Mark this connection closed; a successor, if there is one, is left alone (P6)."""
    now = timezone.now()
    Connection.objects.filter(pk=station.connection_id, closed_at=None).update(
        closed_at=now, close_code=code, close_reason=reason[:100]
    )
    # P6: only the current epoch changes the charger's liveness.
    ChargePoint.objects.filter(pk=station.id, connection_id=station.connection_id).update(
        connection=None, last_seen_at=now
    )
