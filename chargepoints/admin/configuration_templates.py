"""Templates of configuration by model: the values, who differs, and how to correct that."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget

from chargepoints.admin import command_types
from chargepoints.admin.row_page import RowPage
from chargepoints.models import ConfigurationTemplate
from chargepoints.secret_names import is_secret
from chargepoints.services.device_model import templates

MENDED_BY = "set_configuration"
SHOWN_CHARGE_POINTS = 10


class ValuesField(forms.CharField):
    """`Key = value`, one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 15, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{key} = {each}" for key, each in sorted(value.items()))

    def to_python(self, value: Any) -> Any:
        values: dict[str, str] = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), 1):
            if not line.strip():
                continue
            key, equals, wanted = (part.strip() for part in line.partition("="))
            if not key or not equals:
                raise forms.ValidationError(f"Line {number} must be like: Key = value")
            if is_secret(key.rpartition(".")[2].partition("[")[0]):
                raise forms.ValidationError(f"{key} is a secret; templates cannot contain it.")
            values[key] = wanted
        if len(values) > templates.MOST_KEYS:
            raise forms.ValidationError(f"At most {templates.MOST_KEYS} keys are allowed.")
        return values


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    values = ValuesField(
        help_text="One per line: HeartbeatInterval = 300, or OCPPCommCtrlr.HeartbeatInterval = 300",
        required=False,
    )

    class Meta:
        model = ConfigurationTemplate
        fields = ["vendor", "model", "values"]

    def has_changed(self) -> bool:
        return True


@admin.register(ConfigurationTemplate)
class ConfigurationTemplateAdmin(RowPage):
    form = TemplateForm
    list_display = ("vendor", "model", "keys", "changed_by", "changed_at")
    search_fields = ("vendor", "model")
    fields = ("vendor", "model", "values")
    change_form_outer_before_template = "admin/chargepoints/configuration/drift.html"
    actions = None

    @admin.display(description="keys")
    def keys(self, row: ConfigurationTemplate) -> int:
        return len(row.values)

    def save_model(
        self, request: HttpRequest, obj: ConfigurationTemplate, form: Any, change: bool
    ) -> None:
        obj.changed_by = command_types.requester(request.user)
        obj.save()

    def shown_with(self, request: HttpRequest, row: ConfigurationTemplate) -> dict[str, Any]:
        return {
            "template_shown": row,
            "drift": [
                (each, each.reported[:SHOWN_CHARGE_POINTS], len(each.reported))
                for each in templates.drift(row)
            ],
            "may_mend": command_types.may_send(request.user, MENDED_BY),
        }
