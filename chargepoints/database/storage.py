"""Disk space for the database: the gateway refuses starts while stops still have room.

Known only for SQLite, whose file is on a local disk. PostgreSQL does not report its disk
space: only an error shows that it is full (`outages.py`).
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
# With less left than this share, or this much on a large disk, no transaction may begin.
LOW_SHARE, LOW_MOST = 0.05, 256 * MIB
# With less left, nothing is accepted: work after an outage needs room as well.
RESERVE_SHARE, RESERVE_MOST = 0.01, 32 * MIB
# The size of a trial write, if only an error showed that the disk was full.
TRIAL = 512 * 1024


class Room(IntEnum):
    NONE = 0
    LITTLE = 1
    ENOUGH = 2


_room = Room.ENOUGH


def room() -> Room:
    """The room at the last check; safe to call from any thread."""
    return _room


def check_room() -> Room:
    """Check how much is left; called once a second, in a writer's thread."""
    global _room
    found = _measure_room()
    if found != _room:
        logger.warning("the disk of the database has %s room left", found.name.lower())
    _room = found
    return found


def _measure_room() -> Room:
    directory = _directory()
    if directory is None:
        return Room.ENOUGH
    size, left = _size_and_left(directory)
    if left <= min(RESERVE_MOST, RESERVE_SHARE * size):
        return Room.NONE
    return Room.LITTLE if left <= min(LOW_MOST, LOW_SHARE * size) else Room.ENOUGH


def _size_and_left(directory: Path) -> tuple[int, int]:
    """In bytes. If the disk cannot be queried, the database's own errors show it."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return 1, 1
    return disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize


def disks() -> dict[str, tuple[int, int]]:
    """Size and free space, in bytes: of the database's disk, if local, and of the files' disk."""
    named = {"database": _directory(), "files": Path(settings.MEDIA_ROOT)}
    return {
        name: _size_and_left(directory)
        for name, directory in named.items()
        if directory is not None and directory.exists()
    }


def takes_a_trial() -> bool:
    """Whether as much as a batch needs can be written; the update of one row always fits."""
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


# Incompressible text; the table is dropped with the transaction.
_TRIAL_ON_POSTGRESQL = (
    "CREATE TEMPORARY TABLE storage_trial ON COMMIT DROP AS"  # noqa: S608  (a number of ours)
    f" SELECT md5(random()::text) FROM generate_series(1, {TRIAL // 64})"
)


def _directory() -> Path | None:
    """The directory of the database file; None if the database is not a local file."""
    if connection.vendor != "sqlite":
        return None
    path = Path(str(connection.settings_dict["NAME"]))
    return path.parent if path.is_file() else None
