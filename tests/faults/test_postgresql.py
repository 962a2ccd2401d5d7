"""P11: a PostgreSQL that is killed under traffic, again and again, and recovers from its log."""

import asyncio
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests import databases
from tests.faults.checker import faults
from tests.faults.scale import scaled
from tests.faults.witness import witnesses
from tests.running_gateway import RunningGateway, free_port

KILLS = scaled(2, 3, 20)
DOWN_S = scaled(3, 10, 120)
CHARGERS = 6

pytestmark = [pytest.mark.services, pytest.mark.timeout(180 + 30 * KILLS + DOWN_S)]


class PostgreSQL:
    """A cluster of the test's own, as durable as PostgreSQL is by default."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self.data, self._user)
            directory.chmod(0o711)
        self._run("initdb", "-U", "connect", "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1"
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


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    # Nobody else may enter the directories that pytest makes.
    with tempfile.TemporaryDirectory() as directory:
        cluster = PostgreSQL(Path(directory))
        cluster.start()
        yield cluster
        cluster.kill()


@pytest.mark.expected_errors("the database does not answer")
async def test_a_postgresql_that_is_killed_loses_nothing_that_was_acknowledged(
    start_gateway: Callable[..., RunningGateway], postgresql: PostgreSQL
) -> None:
    url = f"postgresql://connect@127.0.0.1:{postgresql.port}/postgres"
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    gateway.stop()
    gateway.environment["DATABASE_URL"] = url
    gateway.manage("migrate", "--verbosity=0")
    with databases.looked_at("postgres", PORT=str(postgresql.port)):
        chargers = witnesses(gateway, CHARGERS, "PG")
        gateway.start()
        stopped = asyncio.Event()
        charging = [asyncio.create_task(each.charge_until(stopped)) for each in chargers]
        for number in range(KILLS):
            await asyncio.sleep(random.uniform(1, 2))
            await asyncio.to_thread(postgresql.kill)
            await asyncio.sleep(DOWN_S if number == 0 else 0)
            await asyncio.to_thread(postgresql.start)
        await asyncio.sleep(2)
        stopped.set()
        await asyncio.gather(*charging)
        connection.close()  # of before the kills
        assert faults(chargers) == []
