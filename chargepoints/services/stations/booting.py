"""Handles a charge point's boot: stores what it reports, and decides whether it is accepted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from chargepoints import clock, nudges
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command, Connection, Connector, Registration
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.station import Station
from chargepoints.services.commands import outcomes, submission
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.files import firmware
from chargepoints.services.stations import quirks
from chargepoints.services.stations.quirks import Product

RESET_EFFECT = "reset"
# A firmware update may end hours after its command; the boot follows it.
ASKED_WITHIN = timedelta(hours=6)
ASK_AGAIN_AFTER = timedelta(days=1)
WRONG_SERIAL = "the certificate is for another serial number"
# At most so many connectors are asked for their status.
MOST = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """The fields of BootNotification that all versions have."""

    vendor: str
    model: str
    serial_number: str = ""
    firmware_version: str = ""
    iccid: str = ""
    imsi: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BootDecision:
    """Core's decision and its heartbeat interval, if core decides."""

    registration: str
    interval_s: int | None = None


_SENT_SINCE = PreparedQuery(
    lambda charge_point_id, at: (
        Command.objects.filter(charge_point_id=charge_point_id, sent_at__gte=at)
        .order_by("-sent_at")
        .values_list("type", "args")
    )
)
_REGISTRATION = (
    "SELECT registration, heartbeat_interval FROM chargepoints_chargepoint WHERE id = %s"
)
_BOOTED = (
    "UPDATE chargepoints_chargepoint SET vendor = %s, model = %s, serial_number = %s,"
    " firmware_version = %s, iccid = %s, imsi = %s, boot_reason = %s,"
    " booted_at = COALESCE(%s, booted_at), boot_accepted_at = %s WHERE id = %s"
)


def boot(inbound: Inbound, facts: Facts, decision: BootDecision | None) -> tuple[str, int]:
    """Store the boot. Returns the registration (of Registration) and the interval for the answer.

    An accepted charge point may get requests, also after a reconnect without a boot. Raises
    OcppError, and closes the connection, if the certificate is for another serial number.
    """
    station = inbound.station
    if not _is_certified(station, facts.serial_number):
        connection = Connection.objects.select_related("server").get(pk=station.connection_id)
        inbound.unit.after_commit(lambda: nudges.close(connection, WRONG_SERIAL))
        raise OcppError("SecurityError", WRONG_SERIAL)
    again = station.boot_accepted and station.booted_here
    asked_for = _asked_for(station) if again else None
    if again and asked_for is None:
        inbound.deviate("booted_again")
    registration, interval = _let_in(inbound, decision)
    accepted = registration == Registration.ACCEPTED
    of_product = (facts.vendor, facts.model, facts.serial_number, facts.firmware_version)
    texts = [clip(text, 255) for text in (*of_product, facts.iccid, facts.imsi)]
    at = inbound.received_at
    # A charge point that sends BootNotification on request has not restarted.
    booted_at = None if asked_for == "trigger" else at
    inbound.unit.update(
        _BOOTED,
        (*texts, clip(facts.reason, 50), booted_at, at if accepted else None, station.id),
    )
    inbound.emit(
        "charge_point.booted",
        {
            "vendor": facts.vendor,
            "model": facts.model,
            "serial": facts.serial_number,
            "firmware": facts.firmware_version,
            "reason": facts.reason,
            "registration": registration,
        },
    )
    if station.product[2] not in ("", texts[3]):
        firmware.took_effect(inbound)
    quirks.apply(inbound, Product(facts.vendor, facts.model, facts.firmware_version))
    outcomes.confirm_effect(inbound.unit, station.id, RESET_EFFECT)

    def remember() -> None:
        station.boot_accepted = accepted
        station.boot_pending = registration == Registration.PENDING
        station.booted_here = True
        station.product = (texts[0], texts[1], texts[3])
        if registration == Registration.REJECTED:
            station.requested_actions = frozenset()

    inbound.unit.after_commit(remember)
    return registration, interval


def _asked_for(station: Station) -> str | None:
    """The type of the latest command that makes a charger boot or report a boot, or None."""
    latest = _SENT_SINCE.all(station.id, clock.now() - ASKED_WITHIN)
    asking = (type for type, args in latest if COMMAND_TYPES[type].asks_for_boot(args))
    return next(asking, None)


def _is_certified(station: Station, serial_number: str) -> bool:
    """2.0.1 B01.FR.11, FR.12: the client certificate names the identity or the serial number."""
    own = {station.identity.lower(), serial_number.lower()}
    name = station.certificate_name
    return not (name and serial_number) or name.lower() in own


def ask(unit: UnitOfWork, station: Station) -> None:
    """Request its boot and the status of its connectors, at most once a day.

    Many chargers do not send BootNotification after a reconnect, or repeat a lost status.
    """
    now = clock.now()
    long_ago = Q(boot_asked_at=None) | Q(boot_asked_at__lte=now - ASK_AGAIN_AFTER)
    charge_point = ChargePoint.objects.filter(
        long_ago, pk=station.id, connection_id=station.connection_id
    ).first()
    if charge_point is None or charge_point.registration == Registration.REJECTED:
        return
    ChargePoint.objects.filter(pk=station.id).update(boot_asked_at=now)
    wanted: list[dict[str, Any]] = [{"message": "BootNotification"}]
    connectors = Connector.objects.filter(evse__charge_point_id=station.id)
    for evse_id, connector_id in connectors.values_list("evse__evse_id", "connector_id")[:MOST]:
        place = {"evse_id": evse_id, "connector_id": connector_id}
        wanted.append({"message": "StatusNotification", **place})
    for args in wanted:
        submission.submit(charge_point, "trigger", args, requested_by="gateway")


def _let_in(inbound: Inbound, decision: BootDecision | None) -> tuple[str, int]:
    """The registration and the interval, from core if it decides, else from the present row."""
    row = inbound.unit.fetch_one(_REGISTRATION, (inbound.station.id,))
    registration, own_interval = row or (Registration.REJECTED, None)
    wanted = decision.interval_s if decision else None
    interval = wanted or own_interval or settings.HEARTBEAT_INTERVAL_S
    return decision.registration if decision else registration, interval
