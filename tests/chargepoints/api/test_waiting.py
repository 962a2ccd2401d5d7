"""Waiting for a command: woken when it is over, and in nobody's way until then.

The charger's answer is simulated as the gateway would write it: from another thread, in a
transaction of its own.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.utils import timezone

from chargepoints import nudges
from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ApiKey, Command
from chargepoints.services.commands import outcomes
from tests.chargepoints.api.client import connect, register

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/charge-points/DEPOT-7/commands"
DEADLINE_S = 10.0


def prepare() -> dict[str, str]:
    connect(register())
    _, secret = ApiKey.issue("core", ApiKey.Scope.OPERATE)
    return {"Authorization": f"Bearer {secret}"}


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    def run() -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return await sync_to_async(run, thread_sensitive=False)()


async def the_command() -> Any:
    """The command, as soon as it is there."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if found := await in_thread(Command.objects.first):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("no command was taken in")


def finish(command: Command, state: str, **fields: Any) -> None:
    with unit_of_work() as unit:
        outcomes.finish(unit, command, state, **fields)


def finish_in_another_process(command: Command, **fields: Any) -> None:
    """The row changes, and nothing in this process says so."""
    Command.objects.filter(pk=command.pk).update(**fields)


async def post(headers: dict[str, str], wait: str, timeout_s: int = 10, **more: str) -> Any:
    headers = headers | {name.replace("_", "-"): value for name, value in more.items()}
    body = {"type": "reset", "args": {}, "wait": wait, "timeout_s": timeout_s}
    return await AsyncClient().post(PATH, body, content_type="application/json", headers=headers)


async def test_whoever_waits_for_the_answer_gets_it_as_soon_as_it_is_there() -> None:
    headers = await in_thread(prepare)
    waiting = asyncio.create_task(post(headers, "ack"))
    command = await the_command()
    await in_thread(finish, command, Command.State.ACCEPTED)
    answer = await asyncio.wait_for(waiting, DEADLINE_S)
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert answer.json()["finished_at"] is not None


async def test_what_another_process_finished_is_found() -> None:
    headers = await in_thread(prepare)
    waiting = asyncio.create_task(post(headers, "effect"))
    command = await the_command()
    now = timezone.now()
    fields = {"state": "effect_confirmed", "finished_at": now}
    await in_thread(lambda: finish_in_another_process(command, **fields))
    answer = await asyncio.wait_for(waiting, DEADLINE_S)
    assert (answer.status_code, answer.json()["state"]) == (200, "effect_confirmed")


async def test_an_answer_ends_the_wait_for_the_answer_but_not_for_the_effect() -> None:
    headers = await in_thread(prepare)
    for_effect = asyncio.create_task(post(headers, "effect", timeout_s=2, Idempotency_Key="k"))
    command = await the_command()
    fields = {"state": "accepted", "answered_at": timezone.now(), "effect_key": "reset"}
    await in_thread(lambda: finish_in_another_process(command, **fields))
    for_answer = await post(headers, "ack", Idempotency_Key="k")
    assert (for_answer.status_code, for_answer.json()["id"]) == (200, str(command.pk))
    answer = await asyncio.wait_for(for_effect, DEADLINE_S)
    assert (answer.status_code, answer.json()["state"]) == (202, "accepted")


async def test_when_the_time_is_over_the_command_goes_on() -> None:
    headers = await in_thread(prepare)
    began = time.monotonic()
    answer = await post(headers, "ack", timeout_s=1)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert 1.0 <= time.monotonic() - began < DEADLINE_S
    assert (await the_command()).state == "queued"


async def test_who_does_not_wait_has_the_answer_at_once() -> None:
    headers = await in_thread(prepare)
    began = time.monotonic()
    answer = await post(headers, "none", timeout_s=300)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert time.monotonic() - began < DEADLINE_S


async def test_who_waits_keeps_no_thread_and_no_connection_from_others() -> None:
    """The test client has one thread for all requests: one that kept it would block the rest."""
    headers = await in_thread(prepare)
    waiting = [asyncio.create_task(post(headers, "ack")) for _ in range(5)]
    deadline = time.monotonic() + DEADLINE_S
    while await in_thread(Command.objects.count) < len(waiting):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    read = AsyncClient().get("/api/v1/charge-points", headers=headers)
    assert (await asyncio.wait_for(read, DEADLINE_S)).status_code == 200
    assert not any(task.done() for task in waiting)
    for command in await in_thread(lambda: list(Command.objects.all())):
        await in_thread(finish, command, Command.State.ACCEPTED)
    answers = await asyncio.wait_for(asyncio.gather(*waiting), DEADLINE_S)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not nudges._waiters


async def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    headers = await in_thread(prepare)
    waiting = asyncio.create_task(post(headers, "ack"))
    command = await the_command()
    deadline = time.monotonic() + DEADLINE_S
    while not nudges._waiters:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not nudges._waiters
    await in_thread(finish, command, Command.State.ACCEPTED)
