"""P16: on SQLite the chargers and all others write by turns."""

import asyncio
import threading
import time

import pytest
from django.db import connection, transaction

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway.writer import Writer
from chargepoints.models import IdToken

pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

HOGS, UNITS = 4, 10
HELD_S = 0.05


def hog(writing: threading.Event, stopping: threading.Event) -> None:
    """Writes all the time, as a command that has much to do."""
    while not stopping.is_set():
        with transaction.atomic():
            writing.set()
            time.sleep(HELD_S)
        time.sleep(0.001)
    connection.close()


def write(_: UnitOfWork) -> None:
    IdToken.objects.create(value=str(time.monotonic_ns()))


async def test_while_others_write_all_the_time_chargers_wait_for_a_few_turns_only() -> None:
    writer, writing, stopping = Writer(), threading.Event(), threading.Event()
    others = [threading.Thread(target=hog, args=[writing, stopping]) for _ in range(HOGS)]
    writer.start()
    for other in others:
        other.start()
    try:
        assert await asyncio.to_thread(writing.wait, 10)
        began = time.monotonic()
        for _ in range(UNITS):
            await writer.run(1, write)
        took = time.monotonic() - began
    finally:
        stopping.set()
        for other in others:
            await asyncio.to_thread(other.join)
        await writer.stop()
    assert await IdToken.objects.acount() == UNITS
    assert took < 2 * UNITS * HELD_S


def keep_busy(_: UnitOfWork) -> None:
    write(_)
    time.sleep(HELD_S)


async def test_while_chargers_write_all_the_time_others_wait_for_a_few_turns_only() -> None:
    writer = Writer()
    writer.start()
    stopping = asyncio.Event()

    async def charge() -> None:
        while not stopping.is_set():
            await writer.run(1, keep_busy)

    chargers = [asyncio.create_task(charge()) for _ in range(3)]

    def add_tokens() -> float:
        began = time.monotonic()
        for number in range(UNITS):
            with transaction.atomic():
                IdToken.objects.create(value=f"in a transaction {number}")
            IdToken.objects.filter(value=f"in a transaction {number}").update(type="eMAID")
        connection.close()
        return time.monotonic() - began

    try:
        await asyncio.sleep(HELD_S)
        took = await asyncio.to_thread(add_tokens)
    finally:
        stopping.set()
        await asyncio.gather(*chargers)
        await writer.stop()
    assert await IdToken.objects.filter(type="eMAID").acount() == UNITS
    # Two writes each, and before each a batch of the chargers at most.
    assert took < 2 * UNITS * (3 * HELD_S + 0.05)
