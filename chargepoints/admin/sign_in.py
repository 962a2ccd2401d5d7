"""Signing in to the admin, with a limit on failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from chargepoints.minute_counts import MinuteCounts

FAILURES_PER_USER = 5
FAILURES_PER_ADDRESS = 20

failures = MinuteCounts()


@contextmanager
def counted(request: HttpRequest, user: str) -> Iterator[None]:
    """A ValidationError inside counts as a failure; raises one if there were too many before.

    It counts by address, like the chargers' guard: nobody can lock out another user.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if (
        failures.count(address, user) >= FAILURES_PER_USER
        or failures.count(address) >= FAILURES_PER_ADDRESS
    ):
        raise ValidationError(
            "Signing in has failed too often. Wait a minute.", code="too_many_failures"
        )
    try:
        yield
    except ValidationError:
        failures.note(address, user)
        failures.note(address)
        raise


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        with counted(self.request, str(self.cleaned_data.get("username", "")).lower()):
            cleaned: dict[str, Any] = super().clean()
        return cleaned


# Not in unfold's settings, because their imports would register pages before the site exists.
admin.site.login_form = SignInForm
