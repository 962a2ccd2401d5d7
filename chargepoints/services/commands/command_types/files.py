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

# How often, and how far apart, the charge point tries.
TRIES: dict[str, JsonSchema] = {
    "retries": COUNT,
    "retry_interval_s": COUNT,
    "transfer": {
        "enum": ["http", "ftp"],
        "description": "How it reaches a file that the gateway hosts; empty: as is known of it.",
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


# What a charge point says with an answer that names no file (1.6, 5.9).
NAMED_NO_FILE = "NoFile"


def close_upload(unit: UnitOfWork, command: Command) -> None:
    # Without an answer the charge point may send its log all the same.
    if command.state != Command.State.TIMEOUT:
        now = clock.now()
        Upload.objects.filter(command=command, received_at=None).update(
            status=command.error_code, status_at=now, expires_at=now
        )


# What a charge point says when it is done.
UPLOADED = frozenset({"Uploaded"})


def why_no_file(command: Command) -> tuple[str, str]:
    upload = Upload.objects.filter(command=command, received_at=None).first()
    if upload is not None and upload.status in UPLOADED:
        return "no_file", "the charge point says that it uploaded the file; none has come here"
    if command.error_code == NAMED_NO_FILE:
        return NAMED_NO_FILE, "the answer names no file, and none has come"
    return NO_EFFECT, "accepted, but nothing was seen of it in time"


TYPES: dict[str, CommandType] = {
    "update_firmware": CommandType(
        "Have new firmware fetched and installed: a `firmware` file that was uploaded here, by "
        "its name, or any `location`. With certificate and signature it is a signed update.",
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
        "Have a local controller fetch firmware and offer it in its network: a `firmware` file "
        "that was uploaded here, by its name, or any `location` with the `md5` of what is there.",
        arguments(firmware=TEXT, location=LOCATION, md5=MD5, **TRIES),
        effect_within_s=6 * HOUR_S,
    ),
    "unpublish_firmware": CommandType(
        "Have a local controller no longer offer firmware: a `firmware` file that was uploaded "
        "here, by its name, or what has this `md5`.",
        arguments(firmware=TEXT, md5=MD5),
    ),
}
