"""Firmware, diagnostics and logs."""

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, FirmwareUpdate, Upload
from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    NO_EFFECT,
    PEM,
    TEXT,
    TIME,
    CommandType,
    JsonSchema,
    arguments,
)

# The number of tries, the time between them, and the protocol.
TRIES: dict[str, JsonSchema] = {
    "retries": COUNT,
    "retry_interval_s": COUNT,
    "transfer": {
        "enum": ["http", "ftp"],
        "description": "Protocol for a file on the gateway; empty: one that it supports.",
    },
}
LOCATION: JsonSchema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 2000,
    "description": "A URL of your own; empty: the gateway hosts the file.",
}

MD5: JsonSchema = {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"}


def end_update(unit: UnitOfWork, command: Command) -> None:
    FirmwareUpdate.objects.filter(command=command, finished_at=None).update(
        status=command.error_code, finished_at=clock.now()
    )


# The error code of an answer that contains no file name (1.6, 5.9).
NAMED_NO_FILE = "NoFile"


def close_upload(unit: UnitOfWork, command: Command) -> None:
    # Without an answer, the charge point may still upload its log.
    if command.state != Command.State.TIMEOUT:
        now = clock.now()
        Upload.objects.filter(command=command, received_at=None).update(
            status=command.error_code, status_at=now, expires_at=now
        )


def end_files(unit: UnitOfWork, command: Command) -> None:
    """A raw command may have asked for either."""
    end_update(unit, command)
    close_upload(unit, command)


# The status of a charge point that has finished its upload.
UPLOADED = frozenset({"Uploaded"})


def why_no_file(command: Command) -> tuple[str, str]:
    upload = Upload.objects.filter(command=command, received_at=None).first()
    if upload is not None and upload.status in UPLOADED:
        return "no_file", "the charge point reported the upload; the gateway received no file"
    if command.error_code == NAMED_NO_FILE:
        return NAMED_NO_FILE, "the answer contains no file name, and no file was received"
    return NO_EFFECT, "accepted, but the charge point reported no effect in time"


TYPES: dict[str, CommandType] = {
    "update_firmware": CommandType(
        "Have the charge point download and install firmware: a `firmware` file on this gateway, "
        "by its name, or any `location`. With certificate and signature it is a signed update.",
        arguments(
            firmware=TEXT,
            location=LOCATION,
            retrieve_at=TIME,
            install_at=TIME,
            signing_certificate=PEM,
            signature=TEXT,
            **TRIES,
        ),
        effect_within_s=6 * HOUR_S,
        effect_after=("retrieve_at", "install_at"),
        abandon=end_update,
        one_at_a_time=True,
        asks_for_boot=lambda args: True,
        changes_firmware=True,
        for_many=True,
    ),
    "get_diagnostics": CommandType(
        "Have the charge point upload its diagnostics.",
        arguments(location=LOCATION, since=TIME, until=TIME, **TRIES),
        effect_within_s=2 * HOUR_S,
        for_operators=True,
        confirmed=False,
        abandon=close_upload,
        one_at_a_time=True,
        why_no_effect=why_no_file,
        for_many=True,
    ),
    "get_log": CommandType(
        "Have the charge point upload a log.",
        arguments(
            ("log",),
            log={"enum": ["data_collector", "diagnostics", "security"]},
            location=LOCATION,
            since=TIME,
            until=TIME,
            **TRIES,
        ),
        effect_within_s=2 * HOUR_S,
        for_operators=True,
        confirmed=False,
        abandon=close_upload,
        one_at_a_time=True,
        why_no_effect=why_no_file,
        for_many=True,
    ),
    "publish_firmware": CommandType(
        "Have a local controller download firmware and publish it in its network: a `firmware` "
        "file on this gateway, by its name, or any `location` with the `md5` of the file.",
        arguments(firmware=TEXT, location=LOCATION, md5=MD5, **TRIES),
        effect_within_s=6 * HOUR_S,
    ),
    "unpublish_firmware": CommandType(
        "Have a local controller stop publishing firmware: a `firmware` file on this gateway, by "
        "its name, or the file with this `md5`.",
        arguments(firmware=TEXT, md5=MD5),
    ),
}
