"""Group commit: many units a transaction, and a bad one costs its sender alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.db import IntegrityError

from chargepoints.gateway.writer import Writer
from chargepoints.models import ChargePoint, IdToken
from chargepoints.unit_of_work import UnitOfWork

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    writer.start()
    yield writer
    await writer.stop()


async def names() -> list[str]:
    return [row.value async for row in IdToken.objects.order_by("value")]


async def test_what_is_returned_is_committed(writer: Writer) -> None:
    def write(unit: UnitOfWork) -> str:
        return IdToken.objects.create(value="A").value

    assert await writer.run(1, write) == "A"
    assert await names() == ["A"]


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
    from chargepoints.services.charge_points import register

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
