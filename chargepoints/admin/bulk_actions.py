"""Actions of the list of charge points that send a command to the selected ones."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chargepoints.admin import bulk_page, command_types
from chargepoints.models import ChargePoint
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.roll_outs import MOST_TARGETS

Action = Callable[[Any, HttpRequest, QuerySet[ChargePoint]], HttpResponse | None]
ANY = "send_command"


def offered(request: HttpRequest) -> dict[str, tuple[Action, str, str]]:
    """The actions that this user may run, by name, in the form that Django's admin expects."""
    types = [type for type in COMMAND_TYPES if command_types.may_send(request.user, type)]
    if not types:
        return {}
    found = {ANY: (_action(None), ANY, "Send a command...")}
    for type in types:
        if COMMAND_TYPES[type].for_many:
            name = f"send_{type}"
            found[name] = (_action(type), name, f"Send: {command_types.title(type)}...")
    return found


def _action(type: str | None) -> Action:
    def begin(
        model_admin: Any, request: HttpRequest, selected: QuerySet[ChargePoint]
    ) -> HttpResponse | None:
        targets = list(
            selected.order_by("identity").values_list("pk", flat=True)[: MOST_TARGETS + 1]
        )
        if len(targets) > MOST_TARGETS:
            said = f"More than {MOST_TARGETS} charge points are selected: narrow the filter."
            messages.error(request, said)
            return None
        return bulk_page.begin(model_admin, request, targets, type)

    return begin
