"""Opens a charger's connection, which supersedes the one before, and closes it.

Everything here runs in the writer's transaction.
"""

import math
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from chargepoints import clock
from chargepoints.database import statements
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import ConcurrentChange, UnitOfWork
from chargepoints.gateway import authentication, seen_tls
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.models import ChargePoint, Connection, Credential, Registration, ServerProcess
from chargepoints.models.charge_point import identity_validator
from chargepoints.models.connection import new_epoch
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import OcppVersion, installed_versions
from chargepoints.services.stations import quirks, registry

STORM_REMEDY = "Two devices use this identity, or one device opens sockets repeatedly."

# RFC 6455, 7.4.1.
PROTOCOL_ERROR = 1002

# Conditional: a sweep may report the charger as offline since its row was read.
_CONNECTED = (
    "UPDATE chargepoints_chargepoint SET connection_id = %s, protocol = %s, last_seen_at = %s,"
    " reported_online = %s WHERE id = %s AND reported_online = %s"
)
_CLOSED = (
    "UPDATE chargepoints_connection SET closed_at = %s, close_code = %s, close_reason = %s"
    " WHERE {row} AND closed_at IS NULL"
)
# P6: only the current epoch changes the charger's liveness.
_DISCONNECTED = (
    "UPDATE chargepoints_chargepoint SET connection_id = NULL, last_seen_at = %s"
    " WHERE id = %s AND connection_id = %s"
)

_STILL_OPEN: PreparedQuery[Connection] = PreparedQuery(
    lambda connection_id: Connection.objects.filter(pk=connection_id, closed_at=None)
)

# RFC 6455, 4.1: commas separate the names. The server also offers the parts of such a name.
_DIVIDERS = re.compile(r"[;\s]")
_SERVER: PreparedQuery[ServerProcess] = PreparedQuery(
    lambda server_id: ServerProcess.objects.filter(pk=server_id)
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """`subprotocol`: the one to return to the charger; None if the charger offered none."""

    station: Station
    version: OcppVersion
    subprotocol: str | None
    superseded: Connection | None
    deviations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ThisProcess:
    """This server process; `has_session` takes the id of a charge point's row."""

    server_id: uuid.UUID
    has_session: Callable[[int], bool]


def admit(
    unit: UnitOfWork, request: Request, this_process: ThisProcess, frozen_s: float = 0
) -> Admitted | Refused:
    """Authenticate, agree on a version, and open the connection that supersedes the last one.

    `frozen_s`: for how many more seconds no socket may replace one that is open.
    """
    if not identity_validator.regex.fullmatch(request.identity):  # type: ignore[union-attr]
        return Refused(404, "invalid_identity", "Correct the URL set in the charger.")
    deviations = list(request.deviations)
    charge_point = registry.find(request.identity)
    if charge_point is None and settings.UNKNOWN_CHARGE_POINTS == "pending":
        charge_point = _register_pending(request)
    if charge_point is None:
        authentication.spend_the_same_time(request)
        return Refused(404, "unknown_identity", "Register the charge point, or correct its URL.")
    if refused := authentication.authenticate(unit, charge_point, request, deviations):
        return refused
    agreed = _agree(charge_point, request.offered, deviations)
    if agreed is None:
        return _no_common_protocol(charge_point)
    version, subprotocol = agreed
    superseded = _superseded(charge_point, this_process)
    takeover = superseded is not None
    if takeover and frozen_s:
        return Refused(429, "takeover_storm", STORM_REMEDY, math.ceil(frozen_s))
    epoch = _open(
        unit, charge_point, version, request, deviations, this_process.server_id, takeover
    )
    seen_tls.note(charge_point.pk, request.secured, clock.now())
    if charge_point.quirks:
        quirks.connected(unit, charge_point)
    station = Station.of(charge_point)
    station.connection_id = epoch
    station.protocol = version.subprotocol
    station.find_enforced_limits = version.enforced_limits
    station.find_most_power = version.most_power
    station.certificate_name = request.secured.common_name
    return Admitted(station, version, subprotocol, superseded, deviations)


def _superseded(charge_point: ChargePoint, this_process: ThisProcess) -> Connection | None:
    """The connection that is still open, with its server, which the event loop will notify.

    A row of this process without a session is not an open socket: its end could not be stored
    while the database was unavailable.
    """
    if charge_point.connection_id is None:
        return None
    found = _STILL_OPEN.first(charge_point.connection_id)
    if found is None or (
        found.server_id == this_process.server_id and not this_process.has_session(charge_point.pk)
    ):
        return None
    # Queried here because the event loop makes no queries.
    found.server = _SERVER.first(found.server_id) if found.server_id else None
    return found


def _register_pending(request: Request) -> ChargePoint:
    """Register an unknown charger, pending approval by staff, with the key that it sent."""
    key = request.authorization.partition(b":")[2] if request.authorization else b""
    charge_point = registry.register(
        request.identity,
        registration=Registration.PENDING,
        security_profile=1 if key else 0,
    )
    if key:
        Credential.for_key(charge_point, key).save()
    return charge_point


def _no_common_protocol(charge_point: ChargePoint) -> Refused:
    spoken = charge_point.pinned_protocol or " or ".join(installed_versions())
    remedy = f"Set the charger to {spoken}."
    if charge_point.strict:
        # The certification cases 088 (1.6) and TC_B_58 (errata of 2.0.1) want no upgrade.
        return Refused(400, "no_common_protocol", remedy)
    # OCPP-J 1.6, 3.1.2, and part 4 since, 3.1.2: without the header, and closed at once.
    return Refused(101, "no_common_protocol", remedy, close_code=PROTOCOL_ERROR)


def _agree(
    charge_point: ChargePoint, offered: tuple[str, ...], deviations: list[str]
) -> tuple[OcppVersion, str | None] | None:
    """The version to speak, and the subprotocol to return, spelled as the charger offered it."""
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
    in_order = next((name for name in spoken if name in offered), None)
    if in_order is not None and not any(_DIVIDERS.search(each) for each in offered):
        return spoken[in_order], in_order
    odd = None if charge_point.strict else _oddly_offered(spoken, offered)
    if odd is not None:
        deviations.append("odd_subprotocol")
    return odd


def _oddly_offered(
    spoken: dict[str, OcppVersion], offered: tuple[str, ...]
) -> tuple[OcppVersion, str] | None:
    """A version that the charger spelled oddly, or separated from others without a comma."""
    for name, version in spoken.items():
        if name in offered:
            return version, name
    for name, version in spoken.items():
        known_as = {_folded(alias) for alias in (name, *version.aliases)}
        if odd := next((each for each in offered if _folded(each) in known_as), None):
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
    takeover: bool,
) -> int:
    now = clock.now()
    if (earlier := charge_point.connection_id) is not None:
        reason = "superseded by a newer socket" if takeover else "the socket was gone"
        statements.execute(_CLOSED.format(row="id = %s"), (now, None, reason, earlier))
    epoch = new_epoch(now, after=earlier)
    unit.append(
        Connection,
        Connection.row(
            id=epoch,
            charge_point_id=charge_point.pk,
            server_id=server_id,
            protocol=version.subprotocol,
            remote_address=request.address,
            path=request.path,
            deviations=deviations,
            opened_at=now,
        ),
    )
    connected = (epoch, version.subprotocol, now, True)
    known = (charge_point.pk, charge_point.reported_online)
    if not statements.execute(_CONNECTED, (*connected, *known)):
        raise ConcurrentChange
    if takeover or not charge_point.reported_online:
        unit.emit(
            charge_point.pk,
            "charge_point.online",
            {
                "protocol": version.subprotocol,
                "remote_address": request.address,
                "takeover": takeover,
            },
            received_at=now,
            deviations=deviations,
        )
    return epoch


def close(station: Station, code: int | None, reason: str) -> None:
    """Mark this connection closed; a newer connection is left alone (P6).

    Executed at once, so that a handshake in the same transaction sees it. A row that a handshake
    in another transaction is superseding at this moment is left to that handshake.
    """
    now, epoch = clock.now(), station.connection_id
    free = statements.free_row("chargepoints_connection")
    if statements.execute(_CLOSED.format(row=free), (now, code, reason[:100], epoch)):
        statements.execute(_DISCONNECTED, (now, station.id, epoch))
