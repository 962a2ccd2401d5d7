"""Quantities, ages and frames as people read them."""

import json
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_AGES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@register.filter
def power(watts: float | None) -> str:
    """7400.0 -> "7.4 kW"."""
    return "" if watts is None else f"{watts / 1000:.1f} kW"


@register.filter
def energy(watt_hours: float | None) -> str:
    """12345.0 -> "12.35 kWh"."""
    return "" if watt_hours is None else f"{watt_hours / 1000:.2f} kWh"


@register.filter
def energy_sum(watt_hours: float) -> str:
    """The energy of a fleet: as `energy`, but 22329940.0 -> "22.3 MWh", which fits a card."""
    return energy(watt_hours) if watt_hours < 10_000_000 else f"{watt_hours / 1_000_000:.1f} MWh"


@register.filter
def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"


@register.filter
def current(amperes: float | None) -> str:
    return "" if amperes is None else f"{amperes:.1f} A"


@register.filter
def voltage(volts: float | None) -> str:
    return "" if volts is None else f"{volts:.0f} V"


@register.filter
def milliseconds(value: float | None) -> str:
    """How long something took: 0.84 -> "0.8 ms", 3200.0 -> "3200 ms"."""
    if value is None:
        return ""
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


@register.filter
def duration(value: timedelta | None) -> str:
    """timedelta(minutes=95) -> "1:35 h"."""
    if value is None:
        return ""
    minutes = max(0, int(value.total_seconds())) // 60
    return f"{minutes // 60}:{minutes % 60:02} h"


@register.filter
def thousands(value: float) -> str:
    """1234567.8 -> "1,234,568"; what is less than ten keeps a digit."""
    return f"{value:,.1f}" if 0 < value < 10 and value != int(value) else f"{value:,.0f}"


@register.filter
def lasting(seconds: int) -> str:
    """A length of time to the second: 95 -> "1 min 35 s", 90061 -> "25 h 1 min 1 s"."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    named = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{value} {unit}" for value, unit in named if value) or "0 s"


@register.filter
def share(value: float | None) -> str:
    """0.99874 -> "99.87 %"; only what is all of it is 100 %."""
    if value is None:
        return ""
    hundredths = int(value * 10_000)
    return f"{hundredths / 100:.2f} %"


@register.filter
def clock_skew(seconds: int | None) -> str:
    """By how much a clock is ahead: 3600 -> "1:00 h ahead", -12 -> "12 s behind"."""
    if seconds is None:
        return ""
    if abs(seconds) < 5:
        return "correct"
    off = abs(seconds)
    text = f"{off} s" if off < 120 else duration(timedelta(seconds=off + 30))
    return f"{text} {'ahead' if seconds > 0 else 'behind'}"


@register.filter
def age(at: datetime | None) -> SafeString | str:
    """How long ago, with the moment itself in the title: "3 min ago"."""
    if at is None:
        return ""
    seconds = int((timezone.now() - at).total_seconds())
    text = "just now"
    for size, unit in _AGES:
        if seconds >= size:
            text = f"{seconds // size} {unit} ago"
            break
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), moment(at), text)


@register.filter
def moment(at: datetime | None) -> str:
    """A moment in the times of the page, to the second."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{local:%Y-%m-%d %H:%M:%S}{_which(local)}"


@register.filter
def night_time(at: datetime) -> str:
    """As `moment`, without the year: of one night, whose year is known."""
    local = timezone.localtime(at)
    return f"{local:%d %b %H:%M:%S}{_which(local)}"


def is_shown_twice(local: datetime) -> bool:
    """Whether it lies in the hour that the clock shows again at the end of summer time."""
    return local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()


def _which(local: datetime) -> str:
    """Which of the two it is, where the clock shows it twice: " CEST"."""
    return f" {local:%Z}" if is_shown_twice(local) else ""


def precise_moment(at: datetime) -> str:
    """A moment in the times of the page, to the millisecond: what tells the order of messages."""
    local = timezone.localtime(at)
    return local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + _which(local)


@register.filter
def precise(at: datetime) -> SafeString:
    """The time of day to the millisecond, with the date in the title."""
    text = precise_moment(at)
    return format_html('<time title="{}">{}</time>', text, text.partition(" ")[2])


@register.simple_tag
def time_zone() -> str:
    """Whose times the page shows: "UTC", "Europe/Amsterdam"; CET would be untrue of a summer's."""
    return timezone.get_current_timezone_name()


@register.filter
def clock(at: datetime | None) -> SafeString | str:
    """The time of day, with the date where it is not today's; the whole moment in the title."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    text = f"{local:%H:%M:%S}" if local.date() == timezone.localdate() else f"{local:%d %b %H:%M}"
    return format_html('<time title="{}">{}{}</time>', moment(at), text, _which(local))


@register.filter
def frame(text: str) -> str:
    """A frame, or any JSON, indented; what is no JSON stays as it is."""
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    # A half of a character that chargers cut off is none, and no page could be sent with it.
    return shown.encode(errors="replace").decode()


@register.filter
def as_json(value: object) -> str:
    return "" if value in (None, {}, []) else json.dumps(value, indent=2, ensure_ascii=False)
