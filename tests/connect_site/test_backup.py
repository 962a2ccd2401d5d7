"""The commands of docs/connect.md make a backup under traffic, and bring it back: all of it."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from django.db import connection

from chargepoints.database import partitions
from chargepoints.models import Event, Message, MeterValue, Transaction
from tests.connect_site.released_state import tables
from tests.faults.checker import faults
from tests.faults.witness import Witness, witnesses
from tests.operated import eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import REPOSITORY

CHARGERS = 6
PAGE = (REPOSITORY / "docs" / "connect.md").read_text()
# Only ever more of them: a backup has at least what was there when it began.
GROWING = (Message, MeterValue, Event, Transaction)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def documented(part: str) -> list[str]:
    """The commands of the page that back this database up, or restore it."""
    section = PAGE.partition("\n## Back it up\n")[2].partition("\n## ")[0]
    backing_up, _, restoring = section.partition("To restore,")
    text = backing_up if part == "back up" else restoring
    kind = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    block = re.search(rf"(?<!\w){kind}:\n\n((?:    .+\n)+)", text)
    assert block is not None
    return [line.strip() for line in block[1].splitlines()]


def run(commands: list[str], gateway: RunningGateway, directory: Path) -> None:
    """As an operator does, in the directory that has `var` and `manage.py`."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = gateway.environment | {"PATH": programs}
    subprocess.run(
        ["bash", "-euc", "\n".join(commands)], env=environment, cwd=directory, check=True
    )


def installation(gateway: RunningGateway, directory: Path) -> Path:
    """Where the documented paths are those of this gateway."""
    (directory / "manage.py").symlink_to(REPOSITORY / "manage.py")
    (directory / "var").mkdir()
    if connection.vendor == "sqlite":
        file = Path(gateway.database_url.removeprefix("sqlite:///"))
        moved = directory / "var" / "connect.sqlite3"
        for ending in ("", "-wal", "-shm"):
            if (found := file.with_name(file.name + ending)).exists():
                found.rename(moved.with_name(moved.name + ending))
        file.symlink_to(moved)
    return directory


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in GROWING}


async def test_a_backup_under_traffic_has_what_was_there_and_is_whole(
    start_gateway: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    chargers: list[Witness] = witnesses(gateway, CHARGERS, "BACKED-UP")
    gateway.stop()
    connection.close()
    directory = installation(gateway, tmp_path)
    gateway.start()
    stopped = asyncio.Event()
    charging = [asyncio.create_task(each.charge_until(stopped)) for each in chargers]
    await eventually(lambda: Message.objects.count() > 200)
    before = counts()
    await asyncio.to_thread(run, documented("back up"), gateway, directory)
    after = counts()
    assert after["Message"] > before["Message"], "nobody said anything meanwhile"
    stopped.set()
    await asyncio.gather(*charging)
    gateway.stop()
    assert faults(chargers) == []

    connection.close()
    await asyncio.to_thread(run, documented("restore"), gateway, directory)
    restored = counts()
    for name, number in restored.items():
        assert before[name] <= number <= after[name], name
    whole()
    # The chargers of then go on, and so does what core is told.
    gateway.start()
    async with AsyncExitStack() as stack:
        for each in chargers:
            charger = await gateway.connect(each.identity, each.protocol)
            await stack.enter_async_context(charger)
            await charger.call("BootNotification", each.boot)
    gateway.stop()
    whole()
    assert Message.objects.count() == restored["Message"] + CHARGERS


def whole() -> None:
    """No event without the one before it, and no row that points at none."""
    for identity, sequences in numbered().items():
        assert sequences == list(range(1, len(sequences) + 1)), identity
    connection.check_constraints()


def numbered() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    rows = Event.objects.order_by("charge_point", "sequence")
    for identity, sequence in rows.values_list("charge_point__identity", "sequence"):
        found.setdefault(identity, []).append(sequence)
    return found


async def test_a_backup_of_a_database_at_rest_is_the_same_row_by_row(
    start_gateway: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    (charger, *_) = witnesses(gateway, 1, "AT-REST")
    await charger.charge(5)
    await charger.close()
    gateway.stop()
    connection.close()
    directory = installation(gateway, tmp_path)
    before = tables()
    await asyncio.to_thread(run, documented("back up"), gateway, directory)
    Message.objects.all().delete()
    connection.close()
    await asyncio.to_thread(run, documented("restore"), gateway, directory)
    assert tables() == before
    assert len(before["chargepoints_message"][1]) > 5


@pytest.mark.services
async def test_a_backup_replaces_partitions_that_came_and_went_since(
    start_gateway: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    (charger, *_) = witnesses(gateway, 1, "PARTITIONED")
    table = Message._meta.db_table
    for _ in range(2):
        await charger.charge(5)
        assert partitions.cut(table, Message.objects.latest("pk").pk + 1000)
    await charger.close()
    gateway.stop()
    connection.close()
    directory = installation(gateway, tmp_path)
    before, parts = tables(), partitions.of(table)
    await asyncio.to_thread(run, documented("back up"), gateway, directory)
    assert partitions.drop(table, parts[0], before=lambda: None)
    assert partitions.cut(table, 1_000_000)
    connection.close()
    await asyncio.to_thread(run, documented("restore"), gateway, directory)
    assert tables() == before
    assert partitions.of(table) == parts
    gateway.start()
    again = await gateway.connect(charger.identity, charger.protocol)
    await again.call("BootNotification", charger.boot)
    await again.close()
    gateway.stop()
    assert Message.objects.count() == len(before[table][1]) + 1
