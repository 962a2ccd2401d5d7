"""Signing in to the admin: who guesses passwords has to wait."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from chargepoints.minute_counts import MinuteCounts

FAILURES_PER_USER = 5
FAILURES_PER_ADDRESS = 20

failures = MinuteCounts()


class SignInForm(AuthenticationForm):
    """Counts by address, as the chargers' guard does: nobody can lock another out."""

    def clean(self) -> dict[str, Any]:
        address = str(self.request.META.get("REMOTE_ADDR", ""))
        user = str(self.cleaned_data.get("username", "")).lower()
        if (
            failures.count(address, user) >= FAILURES_PER_USER
            or failures.count(address) >= FAILURES_PER_ADDRESS
        ):
            raise ValidationError(
                "Signing in has failed too often. Wait a minute.", code="too_many_failures"
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            failures.note(address, user)
            failures.note(address)
            raise
        return cleaned


# Not in unfold's settings: what they import finds no site yet to register its pages at.
admin.site.login_form = SignInForm
