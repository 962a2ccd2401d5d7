"""Reads an exported trace: its charge point, messages, and events."""

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chargepoints.services.history import vendor_export
from chargepoints.services.history.trace_export import FORMAT

Json = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_TIME_IN_TEXT = re.compile(rf"""((?<!\\)["'])({_TIME.pattern})(?=["'])""")
_ID_IN_TEXT = re.compile(r"""(transactionId["']?\s*:\s*["']?)(\d+)""", re.IGNORECASE)
# Times further away from their message are not shifted: a clock that was never set, or the end of
# a validity.
NEAR = timedelta(days=2)


class NotATraceError(Exception):
    """The file cannot be replayed; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`messages` are stored with their line numbers."""

    about: Json
    messages: list[tuple[int, Json]]
    events: list[Json]

    @property
    def ends_at(self) -> datetime:
        return datetime.fromisoformat(self.messages[-1][1]["at"])


def read(path: Path) -> Recording:
    """Raises NotATraceError."""
    try:
        # Not `splitlines`: a charger's text may contain other line separators, such as U+2028.
        lines = [json.loads(line) for line in _text(path).split("\n") if line.strip()]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise NotATraceError(f"{path} cannot be read: {error}") from error
    about, *rest = lines or [{}]
    if not isinstance(about, dict) or about.get("trace") != FORMAT:
        raise NotATraceError(f"{path} is not what `manage.py export_trace` writes")
    messages = [(number, each) for number, each in enumerate(rest, 2) if "request" in each]
    if not messages:
        raise NotATraceError(f"{path} has no messages")
    return Recording(about, messages, [each for each in rest if "event" in each])


def _text(path: Path) -> str:
    """The trace, or the trace inside an export for a vendor."""
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return archive.read(vendor_export.TRACE).decode()


def shifted(value: Any, by: timedelta, around: datetime) -> Any:
    """The same value with all times shifted by `by`, in their original format."""
    if isinstance(value, dict):
        return {name: shifted(each, by, around) for name, each in value.items()}
    if isinstance(value, list):
        return [shifted(each, by, around) for each in value]
    if not isinstance(value, str) or not (found := _TIME.fullmatch(value)):
        return value
    moment = datetime.fromisoformat(value)
    if abs(moment.replace(tzinfo=None) - around.replace(tzinfo=None)) > NEAR:
        return value
    fraction, zone = found[1] or "", found[2] or ""
    text = (moment + by).strftime("%Y-%m-%dT%H:%M:%S")
    return text + fraction + zone


def text_shifted(text: str, by: timedelta, around: datetime) -> str:
    """As `shifted`, for the text of a frame, which need not be valid JSON."""
    return _in_quotes(text, _TIME_IN_TEXT, lambda moment: shifted(moment, by, around))


def text_renumbered(text: str, ids: dict[int, int]) -> str:
    """The text with other transaction ids; it need not be valid JSON."""
    return _in_quotes(text, _ID_IN_TEXT, lambda number: str(ids.get(int(number), number)))


def _in_quotes(text: str, found: re.Pattern[str], change: Callable[[str], str]) -> str:
    if text.lstrip().startswith('"'):
        # The frame was sent as a JSON string.
        try:
            return json.dumps(_in_quotes(json.loads(text), found, change))
        except (ValueError, AttributeError):
            return text
    return found.sub(lambda at: at[1] + change(at[2]), text)


def is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None
