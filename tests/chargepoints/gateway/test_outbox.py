"""What one process tells others: in order, one at a time, and a silent one costs nothing."""

import asyncio
import logging
from typing import Any

import pytest

from chargepoints.gateway import outbox
from chargepoints.gateway.outbox import MOST_WAITING, Outbox


class Layer:
    """A channel layer; its channel `dead` takes no more, as that of a process that was killed."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.tried = self.at_once = 0
        self._sending = self.expected = 0
        self.all_tried = asyncio.Event()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self._sending += 1
        self.at_once = max(self.at_once, self._sending)
        await asyncio.sleep(0)
        self._sending -= 1
        self.tried += 1
        if self.tried == self.expected:
            self.all_tried.set()
        if channel == "dead":
            raise ConnectionError("the channel is full")
        self.sent.append((channel, message["number"]))


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    made = Layer()
    monkeypatch.setattr(outbox, "get_channel_layer", lambda: made)
    return made


async def told(box: Outbox, layer: Layer, count: int) -> None:
    """Run it until it has tried to send so many."""
    layer.expected = count
    running = asyncio.create_task(box.run())
    await layer.all_tried.wait()
    running.cancel()


async def test_messages_go_one_at_a_time_in_their_order(layer: Layer) -> None:
    box = Outbox()
    for number in range(100):
        box.put("other", {"number": number})
    await told(box, layer, 100)
    assert layer.sent == [("other", number) for number in range(100)]
    assert layer.at_once == 1


async def test_the_log_says_once_that_a_process_takes_none(
    layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    box = Outbox()
    for number in range(100):
        box.put("dead", {"number": number})
    box.put("other", {"number": 0})
    with caplog.at_level(logging.WARNING, "chargepoints.gateway.outbox"):
        await told(box, layer, 101)
    assert layer.sent == [("other", 0)]
    assert [record.getMessage() for record in caplog.records] == [
        "cannot send messages to the server process dead: the channel is full"
    ]


async def test_what_waited_longest_is_left_out(layer: Layer) -> None:
    box = Outbox()
    for number in range(MOST_WAITING + 5):
        box.put("other", {"number": number})
    await told(box, layer, MOST_WAITING)
    assert [number for _, number in layer.sent] == list(range(5, MOST_WAITING + 5))
