"""The page of a row with more than the fields of the row."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from chargepoints.admin.history import is_polled


class RowPage(ModelAdmin):
    """`change_form_outer_before_template` shows the additional part, above the fields."""

    # That part refreshes itself as long as it changes.
    polled = False

    def shown_with(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """The template's context in addition to the row."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = extra_context or {}
        if row is not None:
            context = {**context, **self.shown_with(request, row)}
            if self.polled and is_polled(request) and self.has_view_permission(request, row):
                return TemplateResponse(request, self.change_form_outer_before_template, context)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
