"""What every test gets: no unexpected error in the log."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_unexpected_error(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Fails a test in which an ERROR was logged that it did not announce.

    A test that provokes errors says which: `@pytest.mark.expected_errors("text in the message")`.
    """
    yield
    marker = request.node.get_closest_marker("expected_errors")
    expected = marker.args if marker else ()
    unexpected = [
        f"{record.name}: {record.getMessage()}\n{record.exc_text or ''}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR
        and not any(text in record.getMessage() for text in expected)
    ]
    if unexpected:
        pytest.fail("unexpected errors were logged:\n" + "\n".join(unexpected), pytrace=False)
