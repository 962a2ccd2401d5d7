"""Availability by month: of several charge points in one, or of one charge point in several."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from chargepoints.models import ChargePoint
from chargepoints.services.availability.reading import histories
from chargepoints.services.availability.timeline import Seconds, count

PATTERN = r"20[0-9]{2}-(0[1-9]|1[0-2])"


class NoMonth(Exception):
    """The text is not a month such as `2026-11`."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @classmethod
    def read(cls, text: str) -> "Month":
        """Raises NoMonth."""
        if not re.fullmatch(PATTERN, text):
            raise NoMonth(text)
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, at: datetime) -> "Month":
        return cls(at.year, at.month)

    def later(self, months: int) -> "Month":
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)

    def begin(self, zone: tzinfo) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    def end(self, zone: tzinfo) -> datetime:
        return self.later(1).begin(zone)


@dataclass(frozen=True, slots=True)
class Row:
    """One connector in one month; `end` is the present if the month is not over."""

    charge_point: ChargePoint
    evse_id: int
    connector_id: int
    month: Month
    begin: datetime
    end: datetime
    seconds: Seconds


def of(
    charge_points: Sequence[ChargePoint],
    months: Sequence[Month],
    zone: tzinfo,
    now: datetime,
) -> Iterator[Row]:
    """For each connector, a row for each of these consecutive months."""
    ends = [min(month.end(zone), now) for month in months]
    for history in histories(charge_points, months[0].begin(zone), ends[-1]):
        for month, end in zip(months, ends, strict=True):
            begin = month.begin(zone)
            yield Row(
                charge_point=history.charge_point,
                evse_id=history.evse_id,
                connector_id=history.connector_id,
                month=month,
                begin=begin,
                end=max(begin, end),
                seconds=count(history.around, history.changes, begin, end),
            )
