"""The forms of an endpoint: its settings, and sending events again."""

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.event_types import EVENT_TYPES
from core_link import endpoints, scope
from core_link.models import Endpoint


class NamesField(forms.CharField):
    """Names, one a line or separated by commas; a list in the database."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        names = (name.strip() for name in str(value or "").replace(",", "\n").splitlines())
        return [name for name in names if name]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg] # only the stubs are generic
    event_types = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENT_TYPES],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: all types, also those of later versions.",
    )

    sites = NamesField(
        required=False,
        help_text="Only events of charge points at these sites. Empty: of all sites.",
    )
    charge_points = NamesField(
        required=False,
        help_text="Only events of these charge points, and of the sites above. Empty: of all.",
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "event_types", "sites", "charge_points", "enabled"]

    def clean_charge_points(self) -> list[str]:
        identities: list[str] = self.cleaned_data["charge_points"]
        if unknown := scope.unknown(identities):
            raise forms.ValidationError(f"No charge point is called {unknown[0]}.")
        return identities

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        endpoints.check_url(url)
        return url


class SendAgainForm(forms.Form):
    """Send all events received since a time."""

    since = forms.DateTimeField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"}),
        help_text="in the times that pages show",
    )

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if since > timezone.now():
            raise forms.ValidationError("That is in the future.")
        return since
