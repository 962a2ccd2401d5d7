"""The first page, and above it what keeps core from hearing of what happens."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from chargepoints.admin import dashboard
from core_link.models import DeadLetter, Endpoint


class Alert(NamedTuple):
    what: str
    since: datetime | None
    url: str
    remedy: str


def figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the admin's first page, with its context, to be added to."""
    context = dashboard.figures(request, context)
    if request.user.has_perm("core_link.view_endpoint"):
        context |= {"alerts": [*_silent_endpoints(), *_dead_letters()]}
    return context


def _silent_endpoints() -> Iterator[Alert]:
    for endpoint in Endpoint.objects.all():
        url = reverse("admin:core_link_endpoint_change", args=[endpoint.pk])
        if not endpoint.enabled:
            what = f"Events for {endpoint} wait: it is paused, {endpoint.disabled_reason}"
            yield Alert(what.rstrip(", "), None, url, "Resume it.")
        elif endpoint.down_since is not None:
            what = f"Events for {endpoint} wait: it does not answer"
            yield Alert(what, endpoint.down_since, url, "See what waits, and send a test.")


def _dead_letters() -> Iterator[Alert]:
    given_up = DeadLetter.objects.filter(resent_at=None)
    if count := given_up.count():
        url = reverse("admin:core_link_deadletter_changelist") + "?resent_at__isempty=1"
        what = f"{count} event{'s were' if count > 1 else ' was'} given up after the last attempt"
        yield Alert(what, None, url, "Look at why, and send again.")
