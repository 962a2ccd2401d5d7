"""Trace ids: one for each message of a charger, and for each command, that can be decoded.

A trace id (W3C Trace Context: 32 hexadecimal digits) consists of the charge point's row id, the
time in microseconds, and a checksum of the message id. So it need not be stored to find its
rows. Everything about a message has the same one: the question to core (`traceparent`), the
decision, the events, the lines of the log.
"""

import re
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zlib import crc32

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


class Work(NamedTuple):
    """The message of a charger, or the command to it, that is being handled."""

    identity: str
    charge_point_id: int
    at: datetime
    message_id: str
    # Core's own trace id of a command.
    given_trace_id: str = ""

    @property
    def trace_id(self) -> str:
        made = trace_id(self.charge_point_id, self.at, self.message_id)
        return self.given_trace_id or made


class Worked(Protocol):
    """An object with a `work`, which is read only to log a line, or to ask core."""

    @property
    def work(self) -> Work: ...


class Place(NamedTuple):
    """The charge point and the time in a trace id."""

    charge_point_id: int
    at: datetime


_current: ContextVar[Worked | None] = ContextVar("work", default=None)
# `token = begin(what)`, then `end(token)`: what this task or thread works on.
begin = _current.set
end = _current.reset


def trace_id(charge_point_id: int, at: datetime, message_id: str = "") -> str:
    microseconds = (at - _EPOCH) // _MICROSECOND
    checksum = crc32(message_id.encode("utf-8", "surrogatepass"))
    return f"{charge_point_id & 0xFFFFFFFFFF:010x}{microseconds:014x}{checksum:08x}"


def read(text: str) -> Place | None:
    """Decode a trace id of ours; None if it cannot be one."""
    if not _TRACE_ID.fullmatch(text):
        return None
    try:
        at = _EPOCH + int(text[10:24], 16) * _MICROSECOND
    except OverflowError:
        return None
    return Place(int(text[:10], 16), at)


def of_traceparent(header: str) -> str:
    """The trace id in a `traceparent` header; empty if it has none."""
    found = _TRACEPARENT.fullmatch(header.strip().lower())
    return found[1] if found else ""


def current() -> Work | None:
    """The work of this task or thread."""
    worked = _current.get()
    return worked.work if worked is not None else None
