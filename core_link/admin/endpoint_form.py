"""The forms of an endpoint: which events it is told of, and since when again."""

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from chargepoints.event_types import EVENT_TYPES
from core_link import endpoints
from core_link.models import Endpoint


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg] # only the stubs are generic
    event_types = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENT_TYPES],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None: all of them, those of later versions too.",
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "event_types", "enabled"]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        endpoints.check_url(url)
        return url


class SendAgainForm(forms.Form):
    """Everything received since a moment, in UTC."""

    since = forms.DateTimeField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"}),
        help_text="UTC",
    )

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if since > timezone.now():
            raise forms.ValidationError("That is in the future.")
        return since
