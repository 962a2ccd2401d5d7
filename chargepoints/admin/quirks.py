"""Quirk profiles, edited by engineers, with the number of times each was applied."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin

from chargepoints.models import QuirkProfile
from chargepoints.services.stations import quirk_settings


class QuirkProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_settings(self) -> Any:
        settings = self.cleaned_data["settings"]
        quirk_settings.check(settings)
        return settings


@admin.register(QuirkProfile)
class QuirkProfileAdmin(ModelAdmin):
    form = QuirkProfileForm
    list_display = (
        "name",
        "vendor",
        "model",
        "firmware_from",
        "firmware_to",
        "settings",
        "enabled",
        "applied",
        "applied_at",
    )
    readonly_fields = ("applied", "applied_at")
    search_fields = ("name", "vendor", "model")

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        lines = [f"{name}: {each.meaning}" for name, each in quirk_settings.SETTINGS.items()]
        if (settings := form.base_fields.get("settings")) is not None:
            # Users who may only view have a page without the field.
            settings.help_text = "; ".join(lines)
        return form
