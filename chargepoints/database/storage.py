"""How much the database can still grow: the gateway refuses starts while stops still have room.

Known of SQLite, whose file is on a disk of this machine. A PostgreSQL elsewhere says nothing of its
disk: there only an error tells (`outages.py`).
"""

import logging
import os
import tempfile
from enum import IntEnum
from pathlib import Path

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

MIB = 1024 * 1024
# Of the disk, and of a large disk this much at most: with less left, no transaction may begin.
LOW_SHARE, LOW_MOST = 0.05, 256 * MIB
# With less left, nothing is taken: what follows an outage needs room as well.
RESERVE_SHARE, RESERVE_MOST = 0.01, 32 * MIB
# What is written for trial where only an error told that the disk is full.
TRIAL = 512 * 1024


class Room(IntEnum):
    NONE = 0
    LITTLE = 1
    ENOUGH = 2


_room = Room.ENOUGH


def room() -> Room:
    """The room at the last look; safe to call from any thread."""
    return _room


def look() -> Room:
    """Look how much is left; once a second, in a writer's thread."""
    global _room
    found = _look()
    if found != _room:
        logger.warning("the disk of the database has %s room left", found.name.lower())
    _room = found
    return found


def _look() -> Room:
    directory = _directory()
    if directory is None:
        return Room.ENOUGH
    size, left = _size_and_left(directory)
    if left <= min(RESERVE_MOST, RESERVE_SHARE * size):
        return Room.NONE
    return Room.LITTLE if left <= min(LOW_MOST, LOW_SHARE * size) else Room.ENOUGH


def _size_and_left(directory: Path) -> tuple[int, int]:
    """In bytes. If the disk cannot be asked, the database's own errors will tell."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return 1, 1
    return disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize


def disks() -> dict[str, tuple[int, int]]:
    """Size and room left, in bytes: of the database's disk, where it is here, and of the files'."""
    named = {"database": _directory(), "files": Path(settings.MEDIA_ROOT)}
    return {
        name: _size_and_left(directory)
        for name, directory in named.items()
        if directory is not None and directory.exists()
    }


def takes_a_trial() -> bool:
    """Whether so much can be written as a batch may need; an update of one row always fits."""
    directory = _directory()
    if directory is None:
        with connection.cursor() as cursor:
            cursor.execute(_TRIAL_ON_POSTGRESQL)
        return True
    try:
        with tempfile.TemporaryFile(dir=directory) as trial:
            os.posix_fallocate(trial.fileno(), 0, TRIAL)
    except OSError:
        return False
    return True


# Text that no compression makes small; the table goes with the transaction.
_TRIAL_ON_POSTGRESQL = (
    "CREATE TEMPORARY TABLE storage_trial ON COMMIT DROP AS"  # noqa: S608  (a number of ours)
    f" SELECT md5(random()::text) FROM generate_series(1, {TRIAL // 64})"
)


def _directory() -> Path | None:
    """The directory of the database file; None if the database is no file here."""
    if connection.vendor != "sqlite":
        return None
    path = Path(str(connection.settings_dict["NAME"]))
    return path.parent if path.is_file() else None
