"""Firmware updates: asked for, and followed by what the charge point says of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargepoints import clock, url_secrets
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, FirmwareFile, FirmwareUpdate
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.station_numbers import next_number
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.files import hosting, transfer

INSTALLED = "Installed"
CANCELED = "AcceptedCanceled"
# Both versions' words for the end of an update that did not succeed.
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
_BY_REQUEST: PreparedQuery[FirmwareUpdate] = PreparedQuery(
    lambda charge_point_id, request_id: FirmwareUpdate.objects.filter(
        charge_point_id=charge_point_id, request_id=request_id
    )
)
_NAME = PreparedQuery(lambda file_id: FirmwareFile.objects.filter(pk=file_id).values_list("name"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch and when; certificate and signature are empty where it is not signed."""

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
    """The update a command asks for, under a request id. Raises CommandRefused."""
    args = command.args
    firmware = _file(command)
    if firmware is None and "location" not in args:
        raise CommandRefused("invalid_args", "name a firmware file, or give its location")
    certificate = args.get("signing_certificate") or (firmware and firmware.signing_certificate)
    signature = args.get("signature") or (firmware and firmware.signature)
    if bool(certificate) != bool(signature):
        # L01.FR.11, in both versions.
        raise CommandRefused("invalid_args", "a signed update has a signature and its certificate")
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


@dataclass(frozen=True, slots=True)
class Offered:
    """What a local controller is to fetch and offer, and the checksum it is known by there."""

    location: str
    md5: str


def offer(command: Command) -> Offered:
    """What a command asks to be published (2.0.1 L03). Raises CommandRefused."""
    firmware, args = _file(command), command.args
    if firmware is not None:
        return Offered(hosting.firmware_url(firmware, command), _md5(firmware))
    if "location" not in args or "md5" not in args:
        raise CommandRefused("invalid_args", "name a firmware file, or its location and md5")
    return Offered(args["location"], args["md5"].lower())


def offered_md5(command: Command) -> str:
    """What a command asks to be offered no longer (2.0.1 L04). Raises CommandRefused."""
    firmware = _file(command)
    if firmware is not None:
        return _md5(firmware)
    if "md5" not in command.args:
        raise CommandRefused("invalid_args", "name a firmware file, or its md5")
    return str(command.args["md5"]).lower()


def _md5(firmware: FirmwareFile) -> str:
    if not firmware.md5:
        # It was uploaded before this was measured.
        hosting.measure(firmware)
        firmware.save(update_fields=["size", "sha256", "md5"])
    return firmware.md5


def superseded(unit: UnitOfWork, command: Command) -> None:
    """The charge point gave up the update before this one (2.0.1 L01.FR.24, 1.6 L01.FR.26)."""
    running = FirmwareUpdate.objects.filter(
        charge_point_id=command.charge_point_id, finished_at=None
    )
    for update in running.exclude(command=command):
        update.status, update.finished_at = CANCELED, clock.now()
        update.save()
        outcomes.deny_effect(unit, command.charge_point_id, _effect(update), CANCELED)


def report(inbound: Inbound, status: str, *, request_id: int | None = None) -> None:
    """A status of the charge point: of the update with this id, else of the newest that runs.

    Some say 0 or -1 in place of the id.
    """
    station_id = inbound.station.id
    if request_id is None or request_id <= 0:
        update = _RUNNING.first(station_id) or _told_late(_NEWEST.first(station_id), status)
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
        inbound.emit_news("charge_point.firmware_status", said)
        return
    update, repeated = row_changes.editable(update), update.status == status
    _take(inbound, update, status)
    if not repeated:
        inbound.emit("charge_point.firmware_status", said)


def took_effect(inbound: Inbound) -> None:
    """The charge point has booted with another firmware: some never say that it is installed."""
    updates = FirmwareUpdate.objects.filter(charge_point_id=inbound.station.id, finished_at=None)
    update = updates.order_by("-id").first()
    if update is None:
        return
    update.finished_at = inbound.received_at
    update.save()
    outcomes.confirm_effect(inbound.unit, inbound.station.id, _effect(update))


def _told_late(newest: FirmwareUpdate | None, status: str) -> FirmwareUpdate | None:
    """The update that is over, where its end is told again, or has not been told yet."""
    if newest is None or status == "Idle":
        return None
    if newest.status == status or _answer_was_lost(newest):
        return newest
    return newest if _end_is_untold(newest) else None


def _end_is_untold(update: FirmwareUpdate) -> bool:
    """Whether it is over by what was seen alone."""
    command = update.command
    seen = command is not None and command.state == Command.State.EFFECT_CONFIRMED
    return seen and update.status not in {INSTALLED, CANCELED, *FAILED}


def _answer_was_lost(update: FirmwareUpdate) -> bool:
    command = update.command
    lost = command is not None and command.state == Command.State.TIMEOUT
    return lost and update.status_at is None


def _take(inbound: Inbound, update: FirmwareUpdate, status: str) -> None:
    if _answer_was_lost(update):
        # It runs all the same.
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
        raise CommandRefused("invalid_args", f"no firmware file is called {name!r}")
    return firmware


def _effect(update: FirmwareUpdate) -> str:
    return f"firmware:{update.pk}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
