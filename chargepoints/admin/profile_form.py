"""A form for a charging profile: rows with a time and a limit, and named choices.

It makes the arguments of the command that installs the profile.
"""

import re
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.admin.schedule_chart import ScheduleChart, Series, draw
from chargepoints.models import ChargingProfile

Purpose = ChargingProfile.Purpose

# The command that gets the arguments.
INSTALL = "set_charging_profile"
PURPOSES = [
    (Purpose.DEFAULT.value, "Every charging session (default)"),
    (Purpose.TRANSACTION.value, "One charging session that runs now"),
    (Purpose.STATION_MAX.value, "All EVSEs together, the connection to the grid"),
    (Purpose.PRIORITY.value, "Sessions with priority"),
    (Purpose.LOCAL_GENERATION.value, "Power generated on site"),
]
WHEN = {
    "session": ("From the start of each session", {"kind": "relative"}),
    "once": ("Once, from a given time", {"kind": "absolute"}),
    "daily": ("Every day", {"kind": "recurring", "recurrence": "daily"}),
    "weekly": ("Every week", {"kind": "recurring", "recurrence": "weekly"}),
}
# Units for people: the unit of the profile, and the factor.
UNITS = {"A": ("A", 1.0), "kW": ("W", 1000.0)}
OFFSET = re.compile(r"(\d{1,3}):([0-5]\d)")
FEWEST_ROWS, MOST_ROWS = 4, 48
LONGEST_S = {"daily": 24 * 3600, "weekly": 7 * 24 * 3600}


class ProfileForm(forms.Form):
    """`rows` are (time, limit) as typed; after `is_valid`, `args` contains the arguments."""

    purpose = forms.ChoiceField(label="Limit of", choices=PURPOSES, widget=UnfoldAdminSelectWidget)
    evse_id = forms.TypedChoiceField(label="Where", coerce=int, widget=UnfoldAdminSelectWidget)
    transaction_id = forms.ChoiceField(
        label="Session", required=False, widget=UnfoldAdminSelectWidget
    )
    when = forms.ChoiceField(
        label="When",
        choices=[(name, label) for name, (label, _) in WHEN.items()],
        widget=UnfoldAdminSelectWidget,
    )
    start = forms.DateTimeField(
        label="First time",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-11-22 00:00"}),
        help_text="The times below count from this moment. Empty: today at 00:00, or the start of"
        " each session.",
    )
    unit = forms.ChoiceField(
        label="Limits are in", choices=[(u, u) for u in UNITS], widget=UnfoldAdminSelectWidget
    )
    phases = forms.TypedChoiceField(
        label="Phases",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "as the charger is connected"), ("1", "1"), ("2", "2"), ("3", "3")],
        widget=UnfoldAdminSelectWidget,
    )
    stack_level = forms.IntegerField(
        label="Level",
        min_value=0,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="If two profiles have the same purpose, the one with the higher level applies.",
    )

    def __init__(
        self,
        evses: Iterable[int],
        transactions: Sequence[str],
        purposes: Container[str],
        data: Any = None,
    ) -> None:
        super().__init__(data, initial={"when": "daily"})
        self.args: dict[str, Any] = {}
        self.periods: list[tuple[int, float]] = []
        choices = [("0", "The whole charge point"), *((str(n), f"EVSE {n}") for n in evses)]
        self._field("evse_id").choices = choices
        sessions = [("", "-"), *((each, each) for each in transactions)]
        self._field("transaction_id").choices = sessions
        if not transactions:
            del self.fields["transaction_id"]
        self._field("purpose").choices = [
            (purpose, label)
            for purpose, label in PURPOSES
            if purpose in purposes and (transactions or purpose != Purpose.TRANSACTION)
        ]
        times, limits = (data.getlist("at"), data.getlist("limit")) if data else ([], [])
        typed = list(zip(times, limits, strict=False))[:MOST_ROWS]
        self.rows = [*typed, *[("", "")] * max(FEWEST_ROWS - len(typed), 0)]
        if not typed:
            self.rows[0] = ("00:00", "")

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def more_rows(self) -> None:
        self.rows += [("", "")] * min(FEWEST_ROWS, MOST_ROWS - len(self.rows))

    def clean(self) -> dict[str, Any]:
        asked = self.cleaned_data
        if self.errors:
            return asked
        session = asked.get("transaction_id")
        if asked["purpose"] == Purpose.TRANSACTION and not session:
            self.add_error("transaction_id", "Choose the session.")
        if asked["purpose"] == Purpose.STATION_MAX and asked["evse_id"]:
            self.add_error("evse_id", "This limit applies to the whole charge point.")
        if asked["purpose"] != Purpose.TRANSACTION and session:
            self.add_error("transaction_id", "Choose a session only for a limit of one session.")
        unit, factor = UNITS[asked["unit"]]
        self.periods = self._read_rows(factor, LONGEST_S.get(asked["when"]))
        if not self.errors:
            self.args = self._arguments(asked, unit)
        return asked

    def _read_rows(self, factor: float, longest_s: int | None) -> list[tuple[int, float]]:
        periods: dict[int, float] = {}
        for number, (at, limit) in enumerate(self.rows, 1):
            if not at.strip() and not limit.strip():
                continue
            found = OFFSET.fullmatch(at.strip())
            try:
                value = float(limit.replace(",", "."))
            except ValueError:
                value = -1.0
            if found is None or not 0 <= value < 1e6:
                self.add_error(None, f"Row {number} needs a time such as 06:30 and a limit from 0.")
                continue
            start_s = int(found[1]) * 3600 + int(found[2]) * 60
            if start_s in periods:
                self.add_error(None, f"Row {number}: this time occurs twice.")
            if longest_s is not None and start_s >= longest_s:
                self.add_error(None, f"Row {number}: the time is after the end of the schedule.")
            periods[start_s] = round(value * factor, 1)
        if 0 not in periods and not self.errors:
            self.add_error(
                None, "The first row must be 00:00, so that a limit applies from the beginning."
            )
        return sorted(periods.items())

    def _arguments(self, asked: dict[str, Any], unit: str) -> dict[str, Any]:
        phases = {"phases": asked["phases"]} if asked["phases"] else {}
        profile: dict[str, Any] = {
            "purpose": asked["purpose"],
            "stack_level": asked["stack_level"],
            "unit": unit,
            **WHEN[asked["when"]][1],
            "periods": [{"start_s": at, "limit": limit} | phases for at, limit in self.periods],
        }
        if asked.get("transaction_id"):
            profile["transaction_id"] = asked["transaction_id"]
        if asked["when"] != "session":
            profile["start"] = (asked["start"] or _today()).astimezone(UTC).isoformat()
        return {"evse_id": asked["evse_id"], "profile": profile}

    def chart(self) -> ScheduleChart | None:
        """A chart of the rows, once they are valid."""
        if not self.periods:
            return None
        name = self.cleaned_data["unit"]
        factor = UNITS[name][1]
        longest = LONGEST_S.get(self.cleaned_data["when"], self.periods[-1][0] + 4 * 3600)
        start = self.cleaned_data["start"] or _today()
        points = [(start + timedelta(seconds=at), limit / factor) for at, limit in self.periods]
        limit = Series("limit", "cp-said", points)
        return draw([limit], start, start + timedelta(seconds=longest), name, offsets=True)


def _today() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
