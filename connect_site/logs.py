"""Logging: one line for each record, even if a charger's text contains line ends."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from chargepoints import traces

# C0, DEL and C1 control characters, and the Unicode line separators: a charger's text must not
# start a new line in the log, or send escape sequences to a terminal.
ESCAPED_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


# The longest line: it may contain data of an anonymous client, as long as a request.
LONGEST_MESSAGE = 1000
LONGEST_WITH_TRACEBACK = 16_000
# Loggers in which Django logs mistakes of clients, with a traceback of our code.
MISTAKES_OF_CLIENTS = ("django.security", "django.request")


class OneLineFormatter(logging.Formatter):
    """Writes a record with its traceback as a single line of printable text of limited length."""

    def format(self, record: logging.LogRecord) -> str:
        longest = LONGEST_WITH_TRACEBACK if record.exc_info else LONGEST_MESSAGE
        line = clipped(super().format(record), longest)
        line = line.replace("\n", "\\n").translate(ESCAPED_CHARACTERS)
        # A lone surrogate, which JSON may contain, cannot be encoded in UTF-8.
        return line.encode("utf-8", "backslashreplace").decode("utf-8")


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object on one line, with the message that is being handled."""

    def format(self, record: logging.LogRecord) -> str:
        work = traces.current()
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clipped(record.getMessage(), LONGEST_MESSAGE),
            "worker": record.process,
            "charger": work and work.identity,
            "message_id": work and work.message_id,
            "trace_id": work and work.trace_id,
        }
        if record.exc_info:
            traceback = self.formatException(record.exc_info)
            said["traceback"] = clipped(traceback, LONGEST_WITH_TRACEBACK)
        # ASCII, because a lone surrogate, which JSON may contain, cannot be encoded in UTF-8.
        return json.dumps({name: value for name, value in said.items() if value is not None})


def clipped(text: str, longest: int) -> str:
    """The beginning and the end of a long text: a traceback names the exception last."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"


def without_traceback_of_clients(record: logging.LogRecord) -> bool:
    """A filter: a bad Host or path is one line without a traceback, and no error of ours."""
    of_client = record.name.startswith("django.security") or (
        400 <= getattr(record, "status_code", 0) < 500
    )
    if of_client and record.name.startswith(MISTAKES_OF_CLIENTS):
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


FORMATTERS: dict[str, dict[str, Any]] = {
    "line": {
        "()": OneLineFormatter,
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
    },
    "json": {"()": JsonFormatter},
}


def logging_settings(level: str, form: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: FORMATTERS[form]},
        "filters": {"clients": {"()": lambda: without_traceback_of_clients}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["clients"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print each record a second time.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
