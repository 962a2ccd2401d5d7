"""Questions to core over real sockets: the deadline holds, whatever core does."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import pytest_asyncio

from core_link import answers, client, question_queue
from core_link.breaker import OPENS_AFTER
from core_link.client import CoreClient, CoreUnreachable
from tests.fakes.core import FakeCore

QUESTION = {
    "charge_point": "CP-1",
    "id_token": {"value": "A", "type": ""},
    "context": "start",
    "occurred_at": "2026-03-01T12:00:00Z",
    "offline": False,
}


async def ask(asking: CoreClient) -> dict[str, object]:
    return await asking.ask("/authorize", QUESTION, answers.AUTHORIZE)


@pytest.fixture
def core() -> Iterator[FakeCore]:
    with FakeCore() as fake:
        yield fake


@pytest_asyncio.fixture
async def asking(core: FakeCore) -> AsyncIterator[CoreClient]:
    asking = CoreClient(core.url, "token", timeout_s=1.0)
    yield asking
    asking.close()


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does to each connection what `serve` does; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def one(connection: socket.socket) -> None:
        with closing(connection):
            connection.recv(65536)
            try:
                while not stopped.is_set():
                    serve(connection)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"H")
    time.sleep(0.05)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def flood_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize("drip", [drip_headers, drip_body], ids=["headers", "body"])
async def test_a_core_that_answers_drop_by_drop_is_cut_off(
    drip: Callable[[socket.socket], None],
) -> None:
    with raw_server(drip) as url:
        asking = CoreClient(url, "", timeout_s=0.6)
        begun = time.monotonic()
        with pytest.raises(CoreUnreachable, match="no answer within"):
            await ask(asking)
        assert time.monotonic() - begun < 10
        # Its thread is free again, not held until the last drop.
        await until(lambda: asking.under_way == 0)
        asking.close()


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with raw_server(flood_body) as url:
        asking = CoreClient(url, "", timeout_s=2)
        with pytest.raises(CoreUnreachable, match="too long"):
            await ask(asking)
        asking.close()


async def test_more_questions_than_connections_all_end_in_time(
    core: FakeCore, asking: CoreClient
) -> None:
    core.fail(slow_ms=30_000)
    begun = time.monotonic()
    outcomes = await asyncio.gather(
        *[ask(asking) for _ in range(3 * client.CONNECTIONS)], return_exceptions=True
    )
    assert all(isinstance(outcome, CoreUnreachable) for outcome in outcomes)
    assert time.monotonic() - begun < 10


async def test_behind_a_core_that_hangs_nobody_waits_for_a_connection_for_long(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_queue, "HANGS_AFTER_S", 0.2)
    asking = CoreClient(core.url, "token", timeout_s=12.0)
    core.fail(slow_ms=30_000)
    held = [asyncio.create_task(ask(asking)) for _ in range(client.CONNECTIONS)]
    await until(lambda: asking.under_way == client.CONNECTIONS)
    begun = time.monotonic()
    behind = await asyncio.gather(
        *[ask(asking) for _ in range(2 * client.CONNECTIONS)], return_exceptions=True
    )
    assert time.monotonic() - begun < 8
    assert all("no connection" in str(outcome) for outcome in behind)
    # Those that come now need not wait at all.
    assert asking.breaker.is_open
    for task in held:
        task.cancel()
    asking.close()


async def test_a_core_that_is_slow_and_answers_is_not_taken_for_dead(
    core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECTIONS", 2)
    asking = CoreClient(core.url, "token", timeout_s=1.0)
    core.fail(slow_ms=300)
    outcomes = await asyncio.gather(
        *[ask(asking) for _ in range(4 * OPENS_AFTER)], return_exceptions=True
    )
    crowded = [each for each in outcomes if "connection to core" in str(each)]
    assert len(crowded) > OPENS_AFTER
    assert any(isinstance(each, dict) for each in outcomes)
    assert not asking.breaker.is_open
    asking.close()


async def test_what_the_charger_has_waited_already_counts(core: FakeCore) -> None:
    asking = CoreClient(core.url, "token", timeout_s=12.0)
    core.fail(slow_ms=30_000)
    begun = time.monotonic()
    with pytest.raises(CoreUnreachable, match="no answer within"):
        await asking.ask("/authorize", QUESTION, answers.AUTHORIZE, waited_s=11.6)
    assert time.monotonic() - begun < 8
    with pytest.raises(CoreUnreachable, match="waited too long"):
        await asking.ask("/authorize", QUESTION, answers.AUTHORIZE, waited_s=20.0)
    assert not asking.breaker.is_open
    asking.close()


async def test_a_core_that_hung_is_asked_again_when_it_is_well(
    core: FakeCore, asking: CoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.fail(slow_ms=30_000)
    await asyncio.gather(*[ask(asking) for _ in range(OPENS_AFTER)], return_exceptions=True)
    assert asking.breaker.is_open
    core.faults.clear()
    begun = time.monotonic()
    with pytest.raises(CoreUnreachable, match="recently"):
        await ask(asking)

    async def answers_again() -> bool:
        try:
            await ask(asking)
        except CoreUnreachable:
            return False
        return True

    while not await answers_again():
        assert time.monotonic() - begun < 30
        await asyncio.sleep(0.05)
    assert not asking.breaker.is_open


async def test_a_core_that_dislikes_questions_is_not_taken_for_dead(
    core: FakeCore, asking: CoreClient
) -> None:
    core.fail(status=422)
    for _ in range(2 * OPENS_AFTER):
        with pytest.raises(CoreUnreachable, match="HTTP 422"):
            await ask(asking)
    assert not asking.breaker.is_open


async def test_connections_are_kept_open_and_replaced_when_core_closed_them(
    core: FakeCore, asking: CoreClient
) -> None:
    await ask(asking)
    core.stop()
    core.start()
    await ask(asking)
    assert len(core.journal.decisions) == 2


async def test_who_no_longer_waits_frees_the_connection(core: FakeCore, asking: CoreClient) -> None:
    core.fail(slow_ms=3000)
    waiting = asyncio.create_task(ask(asking))
    await until(lambda: asking.under_way == 1)
    waiting.cancel()
    await until(lambda: asking.under_way == 0)


async def until(holds: Callable[[], bool], within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
