"""Frames for the pages that follow a charge point live, in this process or in another.

A page shows the rows of the trace, once they are durable. For a charge point that nobody
follows, a frame costs two dictionary lookups. All of it belongs to the event loop's thread.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chargepoints.models import Message

# For one page, and for all other processes: the oldest frames are dropped.
LONGEST_QUEUE = 200
LONGEST_OUTBOX = 500
MOST_FOLLOWERS = 20
# Another process renews its request as long as a page follows.
LEASE_S = 40.0
RENEW_EVERY_S = 15.0
# Repeated until the other process confirms: the request or the answer may be lost.
ASK_AGAIN_AFTER_S = 2.0
SHOWN_OF_A_FRAME = 2_000

Frame = dict[str, Any]
# The columns of `Message.row`.
COLUMNS = (
    *("charge_point_id", "connection_id", "direction", "action", "message_id", "request"),
    *("reply", "outcome", "error_code", "deviations", "started_at", "duration_ms"),
)


class Follower:
    """The frames that one page has not been sent yet. A slow page misses the oldest.

    `live`: from now on the page misses no frame, whichever process has the socket.
    """

    def __init__(self) -> None:
        self.closed = False
        self.live = False
        self._frames: deque[Frame] = deque(maxlen=LONGEST_QUEUE)
        self._left_out = 0
        self._news = asyncio.Event()

    def put(self, frame: Frame) -> None:
        if len(self._frames) == LONGEST_QUEUE:
            self._left_out += 1
        self._frames.append(frame)
        self._news.set()

    def confirm(self) -> None:
        self.live = True
        self._news.set()

    def close(self) -> None:
        self.closed = True
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Wait until there are frames, the page is closed, or the time is over."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return

    def take(self) -> tuple[list[Frame], int]:
        """The frames that wait, and how many were dropped before them."""
        taken = list(self._frames), self._left_out
        self._frames.clear()
        self._left_out = 0
        self._news.clear()
        return taken


_followers: dict[int, set[Follower]] = {}
# Channels of other processes, and until when they follow.
_leases: dict[int, dict[str, float]] = {}
_outbox: deque[tuple[str, Frame]] = deque(maxlen=LONGEST_OUTBOX)
_to_forward: asyncio.Event | None = None


def follow(charge_point_id: int) -> Follower | None:
    """None if this process allows no more followers."""
    if is_full():
        return None
    follower = Follower()
    _followers.setdefault(charge_point_id, set()).add(follower)
    return follower


def is_full() -> bool:
    return sum(map(len, _followers.values())) >= MOST_FOLLOWERS


def leave(charge_point_id: int, follower: Follower) -> None:
    mine = _followers.get(charge_point_id, set())
    mine.discard(follower)
    if not mine:
        _followers.pop(charge_point_id, None)


def followed() -> Iterator[int]:
    yield from _followers


def lease(charge_point_id: int, channel: str) -> None:
    """A page in another process follows; its process repeats this every RENEW_EVERY_S."""
    _leases.setdefault(charge_point_id, {})[channel] = time.monotonic() + LEASE_S


def confirm(charge_point_id: int) -> None:
    """The process that holds the socket forwards its frames from now on."""
    for follower in _followers.get(charge_point_id, ()):
        follower.confirm()


def is_followed(charge_point_id: int) -> bool:
    return charge_point_id in _followers or charge_point_id in _leases


def publish(row: tuple[Any, ...]) -> None:
    """Publish a row of the trace, or the request that is being sent to the charger."""
    charge_point_id: int = row[0]
    if charge_point_id not in _followers and charge_point_id not in _leases:
        return
    frame = _frame(row)
    take(charge_point_id, frame)
    now = time.monotonic()
    channels = _leases.get(charge_point_id, {})
    for channel, until in list(channels.items()):
        if until < now:
            del channels[channel]
        else:
            _outbox.append((channel, frame))
    if not channels:
        _leases.pop(charge_point_id, None)
    elif _to_forward is not None:
        _to_forward.set()


def take(charge_point_id: int, frame: Frame) -> None:
    """Pass a frame, of this or another process, to the pages that follow its charge point."""
    for follower in _followers.get(charge_point_id, ()):
        follower.put(frame)


async def next_to_forward() -> tuple[str, Frame]:
    """The next channel and frame; for the one task that forwards frames."""
    global _to_forward
    while not _outbox:
        # A new event each time, because an event belongs to the loop that first waited for it.
        _to_forward = asyncio.Event()
        await _to_forward.wait()
    return _outbox.popleft()


def message(frame: Frame) -> Message:
    """An unsaved `Message` for the pages; the database is not queried."""
    return Message(**{**frame, "started_at": datetime.fromisoformat(frame["started_at"])})


def _frame(row: tuple[Any, ...]) -> Frame:
    """The row as a dictionary of types that the channel layer can carry."""
    frame = dict(zip(COLUMNS, row, strict=True))
    for text in ("request", "reply"):
        frame[text] = frame[text][:SHOWN_OF_A_FRAME]
    frame["direction"], frame["outcome"] = str(frame["direction"]), str(frame["outcome"])
    return {**frame, "started_at": frame["started_at"].isoformat()}
