"""P16: on SQLite the chargers and all others write by turns."""

import asyncio
import threading
import time

import pytest
from django.db import connection, transaction

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway.writer import Writer
from chargepoints.models import IdToken
from tests.operated import eventually

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

HOGS, UNITS = 4, 10
HELD_S = 0.05


def hog(turns: list[int], stopping: threading.Event) -> None:
    """Writes all the time, as a command that has much to do."""
    while not stopping.is_set():
        with transaction.atomic():
            turns.append(1)
            time.sleep(HELD_S)
        time.sleep(0.001)
    connection.close()


def write(_: UnitOfWork) -> None:
    IdToken.objects.create(value=str(time.monotonic_ns()))


async def test_while_others_write_all_the_time_chargers_wait_for_a_few_turns_only() -> None:
    """Counted in turns: how long each takes is the machine's affair."""
    writer, stopping = Writer(), threading.Event()
    turns: list[int] = []
    others = [threading.Thread(target=hog, args=[turns, stopping]) for _ in range(HOGS)]
    waited = 0
    writer.start()
    for other in others:
        other.start()
    try:
        await eventually(lambda: turns)
        for _ in range(UNITS):
            before = len(turns)
            await writer.run(1, write)
            waited += len(turns) - before
    finally:
        stopping.set()
        for other in others:
            await asyncio.to_thread(other.join)
        await writer.stop()
    assert await IdToken.objects.acount() == UNITS
    assert waited < 2 * UNITS


async def test_while_chargers_write_all_the_time_others_wait_for_a_few_turns_only() -> None:
    writer = Writer()
    writer.start()
    stopping = asyncio.Event()
    units: list[int] = []

    def keep_busy(unit: UnitOfWork) -> None:
        write(unit)
        time.sleep(HELD_S)
        units.append(1)

    async def charge() -> None:
        while not stopping.is_set():
            await writer.run(1, keep_busy)

    chargers = [asyncio.create_task(charge()) for _ in range(3)]

    def add_tokens() -> int:
        before = len(units)
        for number in range(UNITS):
            with transaction.atomic():
                IdToken.objects.create(value=f"in a transaction {number}")
            IdToken.objects.filter(value=f"in a transaction {number}").update(type="eMAID")
        connection.close()
        return len(units) - before

    try:
        await eventually(lambda: units)
        waited = await asyncio.to_thread(add_tokens)
    finally:
        stopping.set()
        await asyncio.gather(*chargers)
        await writer.stop()
    assert await IdToken.objects.filter(type="eMAID").acount() == UNITS
    # Two writes each, and before each a batch of the chargers at most.
    assert waited < 2 * UNITS * (len(chargers) + 1)
