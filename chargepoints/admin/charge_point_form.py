"""The settings of a charge point that people may change, and its registration."""

from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from chargepoints.models import QuirkProfile

SECURITY_PROFILES = [
    (0, "0: no authentication"),
    (1, "1: Basic, without TLS"),
    (2, "2: Basic, with TLS"),
    (3, "3: TLS with a client certificate"),
]


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg] # only the stubs are generic
    security_profile = forms.TypedChoiceField(
        coerce=int, choices=SECURITY_PROFILES, widget=UnfoldAdminSelectWidget, initial=1
    )
    pinned_protocol = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The only subprotocol to accept; empty: any that charger and gateway agree on.",
    )

    assigned_quirks = forms.MultipleChoiceField(
        label="Quirks",
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text="Quirk profiles that apply in addition to those of its vendor and model.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "assigned_quirks" in self.fields:
            names = QuirkProfile.objects.order_by("name").values_list("name", flat=True)
            self.fields["assigned_quirks"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        versions = [("", "any"), *((name, name) for name in settings.OCPP_VERSIONS)]
        if "pinned_protocol" in self.fields:
            self.fields["pinned_protocol"].choices = versions  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            # Compare with the values that the page showed: somebody else may have saved since.
            field.show_hidden_initial = (
                not self.is_bound or self.add_initial_prefix(name) in self.data
            )


class RegistrationForm(SettingsForm):
    make_key = forms.BooleanField(
        label="Make a key",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="A random key, shown once on the next page, to be entered in the charger.",
    )
