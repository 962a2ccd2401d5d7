"""Times that are nearly ISO 8601."""

from datetime import UTC, datetime

import pytest

from chargepoints import time_formats

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T8:00:00Z",
        "2026-11-30T08:00:00ZZ",
        "2026-11-30 08:00 UTC",
        "2026.11.30 10:00:00+0200",
        "2026-11-30T07:59:60Z",
        "2026-11-30T08:00:00.Z",
        "2026-11-30T09:00:00+01:00[Europe/Berlin]",
        "2026-11-30T08:00:00Z[Etc/UTC]",
        "1796025600.0",
        "30.11.2026 08:00:00Z",
    ],
)
def test_a_time_that_says_one_thing_is_read(text: str) -> None:
    assert time_formats.read(text) == AT


def test_twenty_four_hours_are_the_end_of_the_day() -> None:
    assert time_formats.read("2026-11-30T24:00:00Z") == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_time_without_a_zone_has_none() -> None:
    assert time_formats.read("2026/11/30 8:00:00").tzinfo is None


def test_a_day_that_a_month_lacks_is_one_of_the_next() -> None:
    """Seen on 1 March 2022, of chargers whose February had 29 days."""
    assert time_formats.read("2022-02-29T07:02:33.000Z") == datetime(
        2022, 3, 1, 7, 2, 33, tzinfo=UTC
    )


def test_fractions_are_read_to_the_microsecond() -> None:
    read = time_formats.read("2026-11-30T8:00:00,123456789Z")
    assert read == AT.replace(microsecond=123456)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "08:00:00", "30/11/2026 08:00", "2026-11-30T08:00:61Z", "2026-11-30T25:00:00Z"]
    + ["2026-11-30T8:00:00+02:00Z", "Mon, 30 Nov 99999 08:00:00 GMT", "2026-11-30" + " " * 50_000]
    + ["2026-11-30T08:00:00[Europe/Berlin]", "2026-11-32T08:00:00Z", "2026-13-30T08:00:00Z"]
    + ["2026-11-30T24:00:01Z", "30.13.2026 08:00:00"],
)
def test_what_is_none_or_may_be_two_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        time_formats.read(text)
