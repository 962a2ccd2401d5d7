"""Sites with their time zones; and the time zones in which staff read the admin."""

import zoneinfo
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models


@cache
def time_zones() -> tuple[str, ...]:
    """Named places and UTC; no abbreviations, no offsets."""
    known = (name for name in zoneinfo.available_timezones() if "/" in name)
    return ("UTC", *sorted(name for name in known if not name.startswith(("Etc/", "posix/"))))


def check_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(f"{name!r} is no time zone; one is Europe/Amsterdam")


class Site(models.Model):
    """`name` equals the `site` of its charge points; a `site` need not have a row."""

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StaffTimes(models.Model):
    """The time zone in which a user reads the admin; empty: that of the site."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    time_zone = models.CharField(max_length=64, blank=True, validators=[check_time_zone])

    def __str__(self) -> str:
        return f"{self.user}: {self.time_zone or 'the times of the site'}"
