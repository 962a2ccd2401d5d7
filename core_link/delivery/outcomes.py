"""Judges an endpoint's answer to a delivery."""

from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

import orjson

from chargepoints import clock
from core_link.outbound import Answer

GONE = 410
# These statuses are about the server, the way or the credentials, and not the content.
ABOUT_THE_SERVER = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 426, 429, 451})


class Verdict(Enum):
    DELIVERED = auto()
    GONE = auto()  # the endpoint wants no more events
    REFUSED = auto()  # the server works, but rejects this content
    FAILED = auto()  # no answer, or one that says nothing about the content
    INTERRUPTED = auto()  # by ourselves: says nothing about the endpoint


@dataclass(frozen=True, slots=True)
class Outcome:
    """`acked_through`: the position up to which a part was accepted; None: all of it.

    `reached`: the request was sent to the endpoint. `answer`: the beginning of the answer's body;
    `duration_ms`: of the attempt.
    """

    verdict: Verdict
    status: int | None = None
    error: str = ""
    acked_through: int | None = None
    retry_after_s: float | None = None
    reached: bool = True
    answer: str = ""
    duration_ms: float | None = None


# How many bytes of an answer's body are stored.
ANSWER_KEPT = 2000


def judge(answer: Answer) -> Outcome:
    text = answer.body[:ANSWER_KEPT].decode(errors="replace").replace("\x00", "\ufffd")
    return replace(_judge(answer), answer=text)


def _judge(answer: Answer) -> Outcome:
    if answer.ok:
        return _acknowledged(answer)
    error = f"HTTP {answer.status}"
    if text := answer.body[:300].decode(errors="replace").strip():
        error = f"{error}: {text}"
    if answer.status == GONE:
        return Outcome(Verdict.GONE, answer.status, error)
    about_content = answer.status // 100 == 4 and answer.status not in ABOUT_THE_SERVER
    return Outcome(
        Verdict.REFUSED if about_content else Verdict.FAILED,
        answer.status,
        error,
        retry_after_s=_retry_after(answer),
    )


def _acknowledged(answer: Answer) -> Outcome:
    """2xx, with no body, `OK`, any JSON, or `{"acked_through": position}`."""
    text = answer.body.strip()
    if not text or text.upper() == b"OK":  # the default of some frameworks
        return Outcome(Verdict.DELIVERED, answer.status)
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Probably the page of a proxy and not core's answer: the events must not be lost.
        error = f"HTTP {answer.status}, but the answer is not JSON"
        return Outcome(Verdict.FAILED, answer.status, error)
    if not isinstance(body, dict):
        return Outcome(Verdict.DELIVERED, answer.status)
    through = body.get("acked_through")
    if through is None:
        return Outcome(Verdict.DELIVERED, answer.status)
    if type(through) is not int:
        error = f"acked_through is not a position: {through!r}"[:300]
        return Outcome(Verdict.FAILED, answer.status, error)
    return Outcome(Verdict.DELIVERED, answer.status, acked_through=through)


def _retry_after(answer: Answer) -> float | None:
    """RFC 9110 10.2.3: seconds, or a date."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at: datetime = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - clock.now()).total_seconds())
