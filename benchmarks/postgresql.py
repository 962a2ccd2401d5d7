"""A private PostgreSQL cluster, as durable as PostgreSQL is by default."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.spawn import free_port, spawned

DEBIAN = Path("/usr/lib/postgresql")
# The defaults, said aloud: without them the figures would be about something else.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


@dataclass(frozen=True)
class Database:
    """`pid` is the server's, where it is ours to measure."""

    url: str
    pid: int | None = None


def binaries() -> Path | None:
    """The directory of the newest PostgreSQL server that is installed."""
    found = [p.parent for p in DEBIAN.glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return max(found, key=lambda p: float(p.parent.name or 0), default=None) if found else None


def version() -> str | None:
    directory = binaries()
    if directory is None:
        return None
    return subprocess.check_output([directory / "postgres", "--version"], text=True).split()[2]


@contextmanager
def cluster(directory: Path) -> Iterator[Database]:
    """A cluster in a new directory under `directory`, stopped and deleted at the end."""
    programs = binaries()
    assert programs, "PostgreSQL is not installed"
    data = directory / "postgresql"
    data.mkdir(mode=0o700)
    # PostgreSQL refuses to run as root; the package brings a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(data, user, user)
        _open_the_way_to(data)
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "connect", "-A", "trust", "-E", "UTF8"],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        group=user,
        cwd="/",
    )
    port = free_port()
    settings = (*DURABLE, "listen_addresses=127.0.0.1", "max_connections=50")
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data)]
    for setting in settings:
        command += ["-c", setting]
    log = directory / "postgresql.log"
    with spawned(command, port, log, user=user, stop=signal.SIGINT) as pid:
        yield Database(f"postgresql://connect@127.0.0.1:{port}/postgres", pid)


def _open_the_way_to(directory: Path) -> None:
    """Let another user pass through our own private temporary directory."""
    directory.parent.chmod(0o711)
