"""The admin's first page; above it, the problems that delay events for core."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from chargepoints.admin import dashboard
from chargepoints.admin.troubles import Trouble
from core_link import endpoints
from core_link.models import DeadLetter, Endpoint

LATEST_DELIVERIES = 50


def figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the admin's first page, to extend its context."""
    context = dashboard.figures(request, context)
    if request.user.has_perm("core_link.view_endpoint"):
        context |= {
            "troubles": [*_silent_endpoints(), *_dead_letters()],
            "deliveries": [_behind(endpoint) for endpoint in Endpoint.objects.all()],
        }
    return context


def _behind(endpoint: Endpoint) -> dict[str, Any]:
    """How far an endpoint is behind, and its last recent error."""
    waiting = endpoints.lag(endpoint)
    latest = endpoint.deliveries.order_by("-created_at")[:LATEST_DELIVERIES]
    errors = (delivery for delivery in latest if delivery.last_error)
    return {
        "endpoint": endpoint,
        "events": waiting.events,
        "since": waiting.since,
        "failed": next(errors, None),
    }


def _silent_endpoints() -> Iterator[Trouble]:
    for endpoint in Endpoint.objects.all():
        url = reverse("admin:core_link_endpoint_change", args=[endpoint.pk])
        if not endpoint.enabled:
            what = f"Events for {endpoint} wait: it is paused, {endpoint.disabled_reason}"
            yield Trouble(what.rstrip(", "), None, "Resume it.", url)
        elif endpoint.down_since is not None:
            what = f"Events for {endpoint} wait: it does not answer"
            yield Trouble(what, endpoint.down_since, "See what waits, and send a test.", url)


def _dead_letters() -> Iterator[Trouble]:
    given_up = DeadLetter.objects.filter(resent_at=None)
    if count := given_up.count():
        url = reverse("admin:core_link_deadletter_changelist") + "?resent_at__isempty=1"
        what = f"{count} event{'s were' if count > 1 else ' was'} given up after the last attempt"
        yield Trouble(what, None, "Look at why, and send again.", url)
