"""Firmware updates: requested by commands, and tracked by the charge point's reports."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargepoints import clock, url_secrets
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, FirmwareFile, FirmwareUpdate
from chargepoints.models.hosted_file import LONGEST_LOCATION
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.station_numbers import next_number, storable
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.files import hosting, transfer

INSTALLED = "Installed"
CANCELED = "AcceptedCanceled"
# Statuses of both versions that end an update without success.
NOT_DOWNLOADED = "DownloadFailed"
FAILED = frozenset(
    {
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "InvalidSignature",
        "InvalidCertificate",
        "RevokedCertificate",
    }
)

_RUNNING: PreparedQuery[FirmwareUpdate] = PreparedQuery(
    lambda charge_point_id: FirmwareUpdate.objects.filter(
        charge_point_id=charge_point_id, finished_at=None
    ).order_by("-id")[:1]
)
_NEWEST: PreparedQuery[FirmwareUpdate] = PreparedQuery(
    lambda charge_point_id: FirmwareUpdate.objects.filter(charge_point_id=charge_point_id).order_by(
        "-id"
    )[:1]
)
# A raw request may repeat the id of an earlier one.
_BY_REQUEST: PreparedQuery[FirmwareUpdate] = PreparedQuery(
    lambda charge_point_id, request_id: FirmwareUpdate.objects.filter(
        charge_point_id=charge_point_id, request_id=request_id
    ).order_by("-id")[:1]
)
_NAME = PreparedQuery(lambda file_id: FirmwareFile.objects.filter(pk=file_id).values_list("name"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to download and when; certificate and signature are empty if it is not signed."""

    update: FirmwareUpdate
    location: str
    retrieve_at: datetime
    install_at: datetime | None
    signing_certificate: str
    signature: str


def is_signed(command: Command) -> bool:
    firmware, args = _file(command), command.args
    return bool(args.get("signature")) or bool(firmware and firmware.signature)


def ask(command: Command) -> Wanted:
    """The update of a command, with a request id. Raises CommandRefused."""
    args = command.args
    firmware = _file(command)
    if firmware is None and "location" not in args:
        raise CommandRefused("invalid_args", "give a `firmware` file or a `location`")
    certificate = args.get("signing_certificate") or (firmware and firmware.signing_certificate)
    signature = args.get("signature") or (firmware and firmware.signature)
    if bool(certificate) != bool(signature):
        # L01.FR.11, in both versions.
        raise CommandRefused("invalid_args", "a signed update needs a signature and a certificate")
    if firmware is None:
        location = str(args["location"])
    else:
        location = hosting.firmware_url(firmware, command)
    station_id = command.charge_point_id
    update = FirmwareUpdate.objects.create(
        charge_point_id=station_id,
        command=command,
        firmware=firmware,
        request_id=next_number(station_id),
        location=url_secrets.hidden(location),
    )
    command.effect_key = _effect(update)
    return Wanted(
        update=update,
        location=location,
        retrieve_at=_time(args.get("retrieve_at")) or clock.now() - timedelta(seconds=1),
        install_at=_time(args.get("install_at")),
        signing_certificate=certificate or "",
        signature=signature or "",
    )


def ask_raw(command: Command, location: str, request_id: int | None = None) -> None:
    """Store the update of a raw request, which names its own location and id."""
    FirmwareUpdate.objects.create(
        charge_point_id=command.charge_point_id,
        command=command,
        request_id=storable(request_id),
        location=clip(url_secrets.hidden(location), LONGEST_LOCATION),
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """The firmware that a local controller publishes, and its checksum."""

    location: str
    md5: str


def offer(command: Command) -> Offered:
    """The firmware that a command publishes (2.0.1 L03). Raises CommandRefused."""
    firmware, args = _file(command), command.args
    if firmware is not None:
        return Offered(hosting.firmware_url(firmware, command), _md5(firmware))
    if "location" not in args or "md5" not in args:
        raise CommandRefused("invalid_args", "give a `firmware` file, or `location` and `md5`")
    return Offered(args["location"], args["md5"].lower())


def offered_md5(command: Command) -> str:
    """The checksum of firmware that a command unpublishes (2.0.1 L04). Raises CommandRefused."""
    firmware = _file(command)
    if firmware is not None:
        return _md5(firmware)
    if "md5" not in command.args:
        raise CommandRefused("invalid_args", "give a `firmware` file, or its `md5`")
    return str(command.args["md5"]).lower()


def _md5(firmware: FirmwareFile) -> str:
    if not firmware.md5:
        # The file was uploaded before the gateway stored this checksum.
        hosting.measure(firmware)
        firmware.save(update_fields=["size", "sha256", "md5"])
    return firmware.md5


def superseded(unit: UnitOfWork, command: Command) -> None:
    """The charge point cancelled the earlier update (2.0.1 L01.FR.24, 1.6 L01.FR.26)."""
    running = FirmwareUpdate.objects.filter(
        charge_point_id=command.charge_point_id, finished_at=None
    )
    for update in running.exclude(command=command):
        update.status, update.finished_at = CANCELED, clock.now()
        update.save()
        outcomes.deny_effect(unit, command.charge_point_id, _effect(update), CANCELED)


def report(inbound: Inbound, status: str, *, request_id: int | None = None) -> None:
    """Apply a reported status to the update with this id, else to the newest that is running.

    Some charge points send 0 or -1 instead of the id.
    """
    station_id = inbound.station.id
    if request_id is None or request_id <= 0:
        update = _RUNNING.first(station_id) or _finished_update(_NEWEST.first(station_id), status)
    else:
        update = _BY_REQUEST.first(station_id, request_id)
    name = _NAME.first(update.firmware_id) if update and update.firmware_id else None
    said = {
        "status": status,
        "request_id": request_id,
        "firmware": name and name[0],
        "location": update.location if update else None,
    }
    if update is None:
        if status != "Idle":
            inbound.deviate("unknown_firmware_update")
        inbound.emit_unless_repeated("charge_point.firmware_status", said)
        return
    update, repeated = row_changes.editable(update), update.status == status
    _take(inbound, update, status)
    if not repeated:
        inbound.emit("charge_point.firmware_status", said)


def took_effect(inbound: Inbound) -> None:
    """The charge point booted with another firmware; some never report that it is installed."""
    updates = FirmwareUpdate.objects.filter(charge_point_id=inbound.station.id, finished_at=None)
    update = updates.order_by("-id").first()
    if update is None:
        return
    update.finished_at = inbound.received_at
    update.save()
    outcomes.confirm_effect(inbound.unit, inbound.station.id, _effect(update))


def _finished_update(newest: FirmwareUpdate | None, status: str) -> FirmwareUpdate | None:
    """The finished update, if the status repeats its end, or reports it for the first time."""
    if newest is None or status == "Idle":
        return None
    if newest.status == status or _answer_was_lost(newest):
        return newest
    return newest if _end_is_unreported(newest) else None


def _end_is_unreported(update: FirmwareUpdate) -> bool:
    """Whether the update ended by the new firmware version alone, without a report of its end."""
    command = update.command
    seen = command is not None and command.state == Command.State.EFFECT_CONFIRMED
    return seen and update.status not in {INSTALLED, CANCELED, *FAILED}


def _answer_was_lost(update: FirmwareUpdate) -> bool:
    command = update.command
    lost = command is not None and command.state == Command.State.TIMEOUT
    return lost and update.status_at is None


def _take(inbound: Inbound, update: FirmwareUpdate, status: str) -> None:
    if _answer_was_lost(update):
        # The update is running although the answer was lost.
        update.finished_at = None
    update.status = clip(status, 50)
    update.status_at = inbound.received_at
    if status == INSTALLED or status in FAILED:
        update.finished_at = inbound.received_at
    row_changes.write(update)
    if status == INSTALLED:
        outcomes.confirm_effect(inbound.unit, inbound.station.id, _effect(update))
    elif status in FAILED:
        outcomes.deny_effect(inbound.unit, inbound.station.id, _effect(update), status)
        if status == NOT_DOWNLOADED and update.firmware is not None and update.command is not None:
            transfer.try_the_other(update.command, update.location.partition(":")[0])


def _file(command: Command) -> FirmwareFile | None:
    name = command.args.get("firmware")
    if name is None:
        return None
    firmware = FirmwareFile.objects.filter(name=name).first()
    if firmware is None:
        raise CommandRefused("invalid_args", f"there is no firmware file {name!r}")
    return firmware


def _effect(update: FirmwareUpdate) -> str:
    return f"firmware:{update.pk}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
