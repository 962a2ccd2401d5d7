"""Group commit: many units a transaction, and a bad one costs its sender alone."""

import asyncio
import threading
import time
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import writer as writers
from chargepoints.gateway.writer import MAX_BATCH, StoreUnavailable, Writer
from chargepoints.models import ChargePoint, IdToken
from tests.operated import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def names() -> list[str]:
    return [row.value async for row in IdToken.objects.order_by("value")]


async def test_what_is_returned_is_committed(writer: Writer) -> None:
    def write(unit: UnitOfWork) -> str:
        return IdToken.objects.create(value="A").value

    assert await writer.run(1, write) == "A"
    assert await names() == ["A"]


async def test_nothing_is_returned_while_the_commit_is_still_to_come(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit: Any = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]
    committing, may_commit = threading.Event(), threading.Event()

    def held_commit(database: BaseDatabaseWrapper) -> Any:
        committing.set()
        may_commit.wait(10)
        return commit(database)

    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", held_commit)
    answer = asyncio.ensure_future(
        writer.run(1, lambda unit: IdToken.objects.create(value="A").value)
    )
    await asyncio.to_thread(committing.wait, 10)
    _, unanswered = await asyncio.wait([answer], timeout=0.05)
    assert unanswered
    may_commit.set()
    assert await answer == "A"
    monkeypatch.undo()
    assert await names() == ["A"]


async def test_what_a_unit_appends_is_of_its_transaction(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fact and its event are there together, or neither is."""

    def fail(unit: UnitOfWork) -> None:
        raise ValueError("the events cannot be numbered")

    def write(unit: UnitOfWork) -> None:
        IdToken.objects.create(value="A")
        unit.emit(1, "charge_point.online", {})

    monkeypatch.setattr(UnitOfWork, "_number_events", fail)
    with pytest.raises(ValueError, match="cannot be numbered"):
        await writer.run(1, write)
    assert await names() == []


async def test_a_deadlock_is_tried_again_inside(writer: Writer) -> None:
    """P2: the charger learns nothing of it."""
    tries: list[bool] = []

    def deadlock_twice(unit: UnitOfWork) -> str:
        tries.append(unit.alone)
        if len(tries) < 4:
            raise OperationalError("deadlock detected")
        return "done"

    assert await writer.run(1, deadlock_twice) == "done"
    assert tries == [False, True, True, True]


async def test_a_unit_that_another_process_overtook_looks_again(writer: Writer) -> None:
    """P4: both are told the same, and none of them that it failed."""
    looks: list[bool] = []

    def write_what_is_missing(unit: UnitOfWork) -> str:
        looks.append(unit.alone)
        if len(looks) < 3:
            raise IntegrityError("duplicate key value violates unique constraint")
        return "found"

    assert await writer.run(1, write_what_is_missing) == "found"
    assert looks == [False, True, True]


@pytest.mark.expected_errors("the database does not answer")
async def test_a_store_that_is_read_only_is_down_until_it_is_not(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a standby that took over the address, and is promoted a little later."""

    def refuse(database: BaseDatabaseWrapper) -> None:
        raise InternalError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", refuse)
    monkeypatch.setattr(writers, "RETRY_FOR_S", 0.1)
    with pytest.raises(StoreUnavailable):
        await writer.run(1, lambda unit: IdToken.objects.create(value="A"))
    assert not writer.healthy
    monkeypatch.undo()
    await eventually(lambda: writer.healthy)
    await writer.run(1, lambda unit: IdToken.objects.create(value="B"))
    assert await names() == ["B"]


async def test_thousands_who_wait_for_a_store_that_is_away_are_told_after_one_look(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look takes seconds, and each of their batches had one."""
    looks: list[float] = []

    def look(shard: Any) -> bool:
        looks.append(time.monotonic())
        time.sleep(0.1)
        return False

    monkeypatch.setattr(writers._WriterThread, "_accepts_a_write", look)
    monkeypatch.setattr(writers, "PROBE_EVERY_S", 60.0)
    for shard in writer._writers:
        shard.healthy = False
    waiting = (writer.run(1, lambda unit: None) for _ in range(5 * MAX_BATCH))
    refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in refused} == {StoreUnavailable}
    assert len(looks) == 1


async def test_a_bad_unit_among_others_costs_its_sender_alone(writer: Writer) -> None:
    def good(value: str) -> asyncio.Future[IdToken]:
        return asyncio.ensure_future(
            writer.run(1, lambda unit: IdToken.objects.create(value=value))
        )

    def bad(unit: UnitOfWork) -> None:
        IdToken.objects.create(value="lost with its unit")
        IdToken.objects.create(value="A")

    await good("A")
    first, failing, last = good("B"), asyncio.ensure_future(writer.run(1, bad)), good("C")
    with pytest.raises(IntegrityError):
        await failing
    await first
    await last
    assert await names() == ["A", "B", "C"]


async def test_a_unit_run_again_by_itself_knows_it(writer: Writer) -> None:
    seen: list[bool] = []

    def fail_in_company(unit: UnitOfWork) -> str:
        seen.append(unit.alone)
        if not unit.alone:
            raise ValueError("in company")
        return "alone"

    assert await writer.run(1, fail_in_company) == "alone"
    assert seen == [False, True]


async def test_what_follows_a_commit_happens_once_and_only_after_it(writer: Writer) -> None:
    happened: list[str] = []

    def write(unit: UnitOfWork) -> None:
        unit.after_commit(lambda: happened.append("after"))
        if not unit.alone:
            raise ValueError("the first try")

    await writer.run(1, write)
    assert happened == ["after"]


@pytest.mark.expected_errors("a callback after a commit failed")
async def test_a_failing_callback_does_not_run_the_unit_again(writer: Writer) -> None:
    def write(unit: UnitOfWork) -> None:
        IdToken.objects.create(value="once")
        unit.after_commit(lambda: 1 / 0)  # type: ignore[arg-type]

    await writer.run(1, write)
    assert await names() == ["once"]


async def test_events_of_one_batch_are_numbered_without_gaps(writer: Writer) -> None:
    from chargepoints.models import Event
    from chargepoints.services.stations.registry import register

    charge_point: ChargePoint = await writer.run(1, lambda unit: register("NUMBERED"))
    await asyncio.gather(
        *(
            writer.run(
                1,
                lambda unit, n=n: unit.emit(charge_point.pk, "monitoring.event", {"n": n}),  # type: ignore[misc]
            )
            for n in range(50)
        )
    )
    events = [event async for event in Event.objects.order_by("sequence")]
    assert [event.sequence for event in events] == list(range(1, 51))
    assert [event.data["n"] for event in events] == list(range(50))


async def test_a_store_that_hangs_counts_as_down_after_ten_seconds_of_looks(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "WATCH_EVERY_S", 5.0)
    begun, may_end = threading.Event(), threading.Event()

    def hang(unit: UnitOfWork) -> None:
        begun.set()
        may_end.wait(10)

    hanging = asyncio.ensure_future(writer.run(1, hang))
    await asyncio.to_thread(begun.wait, 10)
    seen = []
    for _ in range(5):
        writer.watch()
        seen.append(writer.healthy)
    assert seen == [True, True, False, False, False]
    may_end.set()
    await hanging
    writer.watch()
    assert writer.healthy


async def test_a_writer_that_gets_on_is_not_taken_for_a_store_that_hangs(writer: Writer) -> None:
    for _ in range(50):
        await writer.run(1, lambda unit: None)
        writer.watch()
    assert writer.healthy


async def test_an_error_of_one_unit_alone_is_no_outage(writer: Writer) -> None:
    """Both databases call a statement that is too complex what they call being away."""

    def too_complex(unit: UnitOfWork) -> None:
        sql, parameters = "SELECT repeat('x', 2000000000)", []
        if connection.vendor == "sqlite":
            sql, parameters = "SELECT 'x' LIKE %s", ["x" * 50_001]
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)

    with pytest.raises(OperationalError):
        await writer.run(1, too_complex)
    assert writer.healthy
    assert await writer.run(1, lambda unit: IdToken.objects.create(value="A").value) == "A"


async def test_of_many_who_looked_some_go_on_at_a_time(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []
    finding = asyncio.gather(*(writer.look_up(lambda unit: None) for _ in range(500)))
    release = writers._release

    def seen_release(batch: list[writers.Job]) -> None:
        turns.append(len(batch))
        release(batch)

    monkeypatch.setattr(writers, "_release", seen_release)
    await finding
    assert max(turns) <= writers.RELEASED_AT_ONCE
    assert sum(turns) == 500
