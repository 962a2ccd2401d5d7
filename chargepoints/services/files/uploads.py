"""Diagnostics and logs that charge points upload, to the gateway or elsewhere."""

from dataclasses import dataclass
from typing import Any

from chargepoints import clock, url_secrets
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.models import Command, Upload
from chargepoints.models.hosted_file import LONGEST_LOCATION, new_token, token_digest
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.command_types.files import NAMED_NO_FILE
from chargepoints.services.commands.station_numbers import next_number, storable
from chargepoints.services.files import hosting, transfer

Kind = Upload.Kind
NO_FILE = "the charge point reported the upload; the gateway received no file"
CANCELED = "AcceptedCanceled"
LOGS = frozenset({Kind.DIAGNOSTICS_LOG, Kind.SECURITY_LOG, Kind.DATA_COLLECTOR})

_NEWEST: PreparedQuery[Upload] = PreparedQuery(
    lambda charge_point_id, kind: Upload.objects.filter(
        charge_point_id=charge_point_id, kind=kind
    ).order_by("-id")[:1]
)
_OF_REQUEST: PreparedQuery[Upload] = PreparedQuery(
    lambda charge_point_id, kind, request_id: Upload.objects.filter(
        charge_point_id=charge_point_id, kind=kind, request_id=request_id
    ).order_by("-id")[:1]
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload, and its full location, which the row does not contain."""

    upload: Upload
    location: str


def ask(command: Command, kind: str, *, numbered: bool = False) -> Wanted:
    """Create the upload of a command; its `location` is the command's, or on the gateway.

    `numbered`: the charge point reports its status with a request id.
    """
    token = new_token()
    number = None
    if numbered:
        number = next_number(command.charge_point_id)
    upload = _upload(command, kind, number, token)
    location = command.args.get("location") or hosting.upload_location(upload, token, command)
    upload.location = url_secrets.hidden(location)
    upload.save(update_fields=["location"])
    command.effect_key = _effect(upload)
    return Wanted(upload, location)


def ask_raw(command: Command, kind: str, location: str, request_id: int | None = None) -> None:
    """Store the upload of a raw request, which names its own location and id."""
    upload = _upload(command, kind, storable(request_id), new_token())
    upload.location = clip(url_secrets.hidden(location), LONGEST_LOCATION)
    upload.save()


def _upload(command: Command, kind: str, request_id: int | None, token: str) -> Upload:
    return Upload.objects.create(
        charge_point_id=command.charge_point_id,
        command=command,
        kind=kind,
        request_id=request_id,
        token_digest=token_digest(token),
        expires_at=clock.now() + hosting.UPLOAD_LINK_FOR,
    )


def answered(unit: UnitOfWork, command: Command, status: str, file_name: str) -> None:
    """Apply the answer to a request for a log."""
    if status == CANCELED:
        _superseded(unit, command)
    promised(command, file_name)


def promised(command: Command, file_name: str) -> None:
    """Store the file name that the charge point announced."""
    Upload.objects.filter(command=command).update(file_name=clip(file_name, 255))


def _superseded(unit: UnitOfWork, command: Command) -> None:
    """The charge point cancelled the earlier log (N01.FR.12): its link expires now."""
    now = clock.now()
    asked = Upload.objects.filter(
        charge_point_id=command.charge_point_id, kind__in=LOGS, received_at=None, told_at=None
    )
    for upload in asked.filter(expires_at__gt=now).exclude(command=command):
        upload.status, upload.status_at, upload.expires_at = CANCELED, now, now
        upload.save(update_fields=["status", "status_at", "expires_at"])
        outcomes.deny_effect(unit, command.charge_point_id, _effect(upload), CANCELED)


def report(
    inbound: Inbound,
    status: str,
    *,
    kinds: frozenset[Kind],
    request_id: int | None = None,
    done: bool,
    failed: bool,
) -> None:
    """Apply a reported status to the upload with this request id, else to the newest."""
    upload = _reported_upload(inbound.station.id, kinds, request_id)
    if upload is None:
        inbound.deviate("unknown_upload")
        return
    upload.status = clip(status, 50)
    upload.status_at = inbound.received_at
    row_changes.write(upload)
    if failed:
        outcomes.deny_effect(inbound.unit, inbound.station.id, _effect(upload), status)
        if upload.command is not None and hosting.is_ours(upload) and upload.received_at is None:
            transfer.try_the_other(upload.command, upload.location.partition(":")[0])
    if done:
        _uploaded(inbound.unit, upload)
        _warn_without_a_file(upload)


def _reported_upload(
    charge_point_id: int, kinds: frozenset[Kind], request_id: int | None
) -> Upload | None:
    """The newest upload of these kinds, with this request id; 0 and -1 count as no id."""
    if request_id is None or request_id <= 0:
        asked = [_NEWEST.first(charge_point_id, str(kind)) for kind in kinds]
    else:
        asked = [_OF_REQUEST.first(charge_point_id, str(kind), request_id) for kind in kinds]
    found = [upload for upload in asked if upload is not None]
    return row_changes.editable(max(found, key=lambda upload: upload.pk)) if found else None


def _warn_without_a_file(upload: Upload) -> None:
    """Warn that the file of a reported upload was not received."""
    if hosting.is_ours(upload) and upload.received_at is None:
        _set_caution(upload, [NO_FILE])


def _set_caution(upload: Upload, cautions: list[str]) -> None:
    if (command := upload.command) is not None:
        others = [each for each in command.cautions if each != NO_FILE]
        command.cautions = [*others, *cautions]
        command.save(update_fields=["cautions"])


def receive(upload: Upload, stored_as: str, size: int, file_name: str) -> bool:
    """Store a received file; False if the upload had one already."""
    now = clock.now()
    with unit_of_work() as unit:
        taken = Upload.objects.filter(pk=upload.pk, received_at=None).update(
            file=stored_as, size=size, received_at=now
        )
        if not taken:
            return False
        if file_name:
            Upload.objects.filter(pk=upload.pk).update(file_name=clip(file_name, 255))
        upload.refresh_from_db()
        _set_caution(upload, [])
        _uploaded(unit, upload)
    return True


def describe(upload: Upload) -> dict[str, Any]:
    """The data of an upload in events; `hosted`: the gateway has the file."""
    return {
        "upload_id": upload.pk,
        "kind": str(upload.kind),
        "request_id": upload.request_id,
        "file_name": upload.file_name or None,
        "size": upload.size,
        "hosted": upload.received_at is not None,
    }


def _uploaded(unit: UnitOfWork, upload: Upload) -> None:
    """Emit the event once: when the file arrives, or the charger reports it elsewhere."""
    ours = hosting.is_ours(upload)
    if upload.received_at is not None or not ours:
        if upload.command is not None:
            _forget_that_none_was_named(upload.command)
        outcomes.confirm_effect(unit, upload.charge_point_id, _effect(upload))
    if ours == (upload.received_at is not None) and upload.told_at is None:
        upload.told_at = clock.now()
        upload.save(update_fields=["told_at"])
        unit.emit(upload.charge_point_id, "charge_point.diagnostics_uploaded", describe(upload))


def _forget_that_none_was_named(command: Command) -> None:
    """Clear the error: the file was received, although the answer contained no file name."""
    awaiting = Command.objects.filter(pk=command.pk, finished_at=None, error_code=NAMED_NO_FILE)
    awaiting.update(error_class="", error_code="", error_detail="")


def _effect(upload: Upload) -> str:
    return f"upload:{upload.pk}"
