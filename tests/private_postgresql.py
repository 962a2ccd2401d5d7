"""A PostgreSQL of a test's own, which may be killed."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.running_gateway import free_port


class PostgreSQL:
    """A cluster of the test's own, as durable as PostgreSQL is by default.

    `network` (such as 10.1.2.0/24) may come in too, where it listens on more than this machine.
    """

    def __init__(self, directory: Path, address: str = "127.0.0.1", network: str = "") -> None:
        self.data = directory / "data"
        self.address = address
        self.port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self.data, self._user)
            directory.chmod(0o711)
        self._run("initdb", "-U", "connect", "-A", "trust", "-E", "UTF8")
        if network:
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} trust\n")

    @property
    def url(self) -> str:
        return f"postgresql://connect@{self.address}:{self.port}/postgres"

    def start(self) -> None:
        listening = f"-c listen_addresses={self.address} -c max_connections=200"
        options = f"-p {self.port} -k {self.data} {listening}"
        log = str(self.data / "log")
        self._run("pg_ctl", "--wait", "--log", log, "--options", options, "start")

    def kill(self) -> None:
        """As a power cut: what is not in its log is gone."""
        self._run("pg_ctl", "--mode", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, "--pgdata", self.data, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd="/",
        )
