"""Logging: one line a record, whatever text a charger sent."""

import logging
from typing import Any

# C0, DEL and C1 control characters, and the Unicode line separators: a charger's text may neither
# start a new line in the log nor send escape sequences to the terminal that shows it.
ESCAPED_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


class OneLineFormatter(logging.Formatter):
    """Writes a record, traceback included, as a single line of printable text."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record).replace("\n", "\\n").translate(ESCAPED_CHARACTERS)
        # A lone surrogate, which JSON can carry, has no UTF-8.
        return line.encode("utf-8", "backslashreplace").decode("utf-8")


def logging_settings(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": OneLineFormatter,
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print each of its records a second time.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
