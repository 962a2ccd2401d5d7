"""The configuration that charge points report: keys (1.6) or variables (2.0.1)."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from chargepoints.admin.bounded_search import BoundedSearch
from chargepoints.admin.history import HistoryAdmin
from chargepoints.models import Variable
from chargepoints.models.device_model import VARIABLE_KEY
from chargepoints.templatetags import badges, charging


@admin.register(Variable)
class VariableAdmin(BoundedSearch, HistoryAdmin):
    """Read only: the command `set_configuration` changes a value, which is then read again."""

    list_display = (
        "charge_point",
        "where",
        "variable",
        "attribute",
        "value",
        "wanted",
        "mutability",
        "read",
    )
    list_select_related = ("charge_point",)
    list_filter = (("charge_point", AutocompleteSelectFilter),)
    search_fields = ("component", "name", "reported")
    search_help_text = "identity of a charge point; or part of a component, name or value (latest)"
    # The order of their unique index.
    ordering = ("charge_point_id", *VARIABLE_KEY)

    @admin.display(description="component")
    def where(self, row: Variable) -> str:
        place = [row.component, row.component_instance]
        if row.evse_id:
            place.append(f"EVSE {row.evse_id}")
        if row.connector_id:
            place.append(f"connector {row.connector_id}")
        return " ".join(part for part in place if part) or "-"

    @admin.display(description="name")
    def variable(self, row: Variable) -> str:
        return f"{row.name}[{row.instance}]" if row.instance else row.name

    @admin.display(description="reported")
    def value(self, row: Variable) -> str:
        return (row.reported or "")[:200] or "-"

    @admin.display(description="desired")
    def wanted(self, row: Variable) -> SafeString | str:
        if row.desired is None:
            return "-"
        agreed = row.desired == row.reported
        return badges.badge(row.desired[:100], badges.GOOD if agreed else badges.WARN)

    @admin.display(description="read")
    def read(self, row: Variable) -> SafeString | str:
        return charging.age(row.read_at) or "-"
