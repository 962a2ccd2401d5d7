"""The log: one line a record, printable, whatever a charger has sent."""

import json
import logging

import pytest
from django.core.exceptions import DisallowedHost

from connect_site.logs import JsonFormatter, OneLineFormatter, without_traceback_of_clients


def line(message: str, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord("gateway", logging.INFO, "x.py", 1, message, arguments, None)
    record.exc_info = exc_info  # type: ignore[assignment]
    return OneLineFormatter("%(levelname)s %(name)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("CP1\nERROR forged", r"CP1\nERROR forged"),
        ("CP1\r\nERROR", r"CP1\x0d\nERROR"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\x00b\x7fc\x9bd", r"a\x00b\x7fc\x9bd"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("a\ud800b", r"a\ud800b"),
        ("Säule 充电", "Säule 充电"),
    ],
)
def test_a_chargers_text_stays_on_its_line(text: str, written: str) -> None:
    assert line("refused %s", text) == f"INFO gateway refused {written}"


def test_a_traceback_is_one_line_too() -> None:
    def fail() -> None:
        raise ValueError("first\nsecond")

    try:
        fail()
    except ValueError as error:
        written = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert "\n" not in written
    assert r"ValueError: first\nsecond" in written


def test_what_an_anonymous_peer_sends_makes_no_long_line() -> None:
    written = line("refused %r", "x" * 100_000)
    assert len(written) < 1100
    assert "characters ..." in written


def test_a_bad_host_is_one_line_without_a_traceback_and_no_error() -> None:
    found = (DisallowedHost, DisallowedHost("evil"), None)
    name = "django.security.DisallowedHost"
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, "Invalid host", (), found)
    assert without_traceback_of_clients(record)
    assert (record.exc_info, record.levelname) == (None, "WARNING")


def test_a_failure_of_our_own_keeps_its_traceback() -> None:
    found = (ValueError, ValueError("ours"), None)
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, "500", (), found)
    record.status_code = 500
    assert without_traceback_of_clients(record)
    assert record.exc_info is found and record.levelno == logging.ERROR


def test_a_line_of_json_has_the_traceback_and_nothing_that_is_not_known() -> None:
    def fail() -> None:
        raise ValueError("first\nsecond \ud800")

    try:
        fail()
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("gateway", logging.ERROR, "x.py", 1, "failed: %s", ("CP",), found)
    written = JsonFormatter().format(record)
    assert written.isascii() and "\n" not in written
    line = json.loads(written)
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "gateway", "failed: CP")
    assert line["traceback"].endswith("ValueError: first\nsecond \ud800")
    assert not {"charger", "message_id", "trace_id"} & set(line)
