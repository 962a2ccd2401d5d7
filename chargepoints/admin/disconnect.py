"""Closes the sockets of charge points: of one on its page, of many in the list."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.defaultfilters import pluralize

from chargepoints import roles
from chargepoints.admin import command_types, live
from chargepoints.models import ChargePoint
from chargepoints.services.stations import disconnecting

MOST_AT_ONCE = 200
Action = Callable[[Any, HttpRequest, QuerySet[ChargePoint]], None]


def one(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    charge_point = live.find(model_admin, request, pk)
    if not request.user.has_perm(roles.OPERATE):
        raise PermissionDenied
    if disconnecting.disconnect(charge_point, by=command_types.requester(request.user)):
        model_admin.log_change(request, charge_point, "Disconnected.")
        messages.success(request, f"{charge_point} is disconnected. It should connect again soon.")
    else:
        messages.warning(request, f"{charge_point} has no open socket.")
    return HttpResponseRedirect(live.url_of(charge_point))


def offered(request: HttpRequest) -> dict[str, tuple[Action, str, str]]:
    """The action in Django's form, for users with the permission."""
    if not request.user.has_perm(roles.OPERATE):
        return {}
    return {"disconnect": (_many, "disconnect", "Disconnect")}


def _many(model_admin: Any, request: HttpRequest, selected: QuerySet[ChargePoint]) -> None:
    online = list(selected.filter(connection__isnull=False)[: MOST_AT_ONCE + 1])
    if len(online) > MOST_AT_ONCE:
        # All of them would reconnect at the same time.
        messages.error(request, f"More than {MOST_AT_ONCE} of them are online: choose fewer.")
        return
    by = command_types.requester(request.user)
    closed = [row for row in online if disconnecting.disconnect(row, by=by)]
    for charge_point in closed:
        model_admin.log_change(request, charge_point, "Disconnected.")
    count = len(closed)
    said = f"{count} charge point{pluralize(count, ' is,s are')} disconnected."
    if count < selected.count():
        said += " The others were offline."
    messages.success(request, said)
