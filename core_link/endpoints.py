"""Endpoints: the one from the environment, rotation of secrets, tests, and undelivered events."""

import base64
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet

from chargepoints.models import Event, EventFeed
from chargepoints.services.history import event_feed
from core_link import outbound
from core_link.delivery import lanes, posting
from core_link.delivery.outcomes import Outcome
from core_link.models import Delivery, Endpoint, Lane

SECRET_BYTES = 32
# The most secrets that sign one delivery.
MOST_SECRETS = 5
ENVIRONMENT = "EVENTS_URL"
NOT_SET = "EVENTS_URL is not set"


def follow_environment() -> None:
    """Create or update the endpoint of EVENTS_URL; if that is not set, pause the endpoint."""
    known = Endpoint.objects.filter(from_environment=True)
    if not settings.EVENTS_URL:
        known.filter(enabled=True).update(enabled=False, disabled_reason=NOT_SET)
        return
    endpoint, _ = known.get_or_create(
        from_environment=True, defaults={"name": ENVIRONMENT, "url": settings.EVENTS_URL}
    )
    if endpoint.url != settings.EVENTS_URL or endpoint.disabled_reason == NOT_SET:
        known.update(url=settings.EVENTS_URL, enabled=True, disabled_reason="")


def add(name: str, url: str, **narrowed: list[str]) -> tuple[Endpoint, str]:
    """Create an endpoint, which gets events from now on; return it with its first secret.

    `narrowed`: limits by event_types, sites and charge_points.
    """
    while event_feed.assign_positions():
        pass  # all earlier events get a position, so that the endpoint does not receive them
    secret = new_secret()
    endpoint = Endpoint.objects.create(
        name=name,
        url=url,
        **narrowed,
        secrets=[secret],
        read_through=last_position(),
    )
    return endpoint, secret


def check_url(url: str) -> None:
    """Raises ValidationError if the host is clearly not public, or the URL has credentials.

    Host names are not resolved here: their addresses are checked before each request.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return  # not a URL, which another validator reports
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValidationError("a port is a number from 1 to 65535")
    if "@" in parts.netloc:
        raise ValidationError("a user name or password in a URL is not allowed: others can read it")
    if settings.ALLOW_PRIVATE_ENDPOINTS:
        return
    host = parts.hostname or ""
    try:
        public = outbound.is_public(host)
    except ValueError:
        public = not f".{host}".endswith((".localhost", ".local", ".internal"))
    if not public:
        raise ValidationError("the address is not a public one (ALLOW_PRIVATE_ENDPOINTS)")


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def begin_rotation(endpoint: Endpoint) -> str:
    """Create a secret; until `end_rotation` every delivery is signed with the old one as well.

    May be called again if the answer with the new secret was lost.
    """
    secret = new_secret()
    endpoint.secrets = [secret, *endpoint.secrets][:MOST_SECRETS]
    endpoint.save(update_fields=["secrets"])
    return secret


def end_rotation(endpoint: Endpoint) -> None:
    """Remove all secrets but the newest."""
    endpoint.secrets = endpoint.secrets[:1]
    endpoint.save(update_fields=["secrets"])


def pause(endpoint: Endpoint, reason: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False, disabled_reason=reason[:255])


def resume(endpoint: Endpoint) -> None:
    """Enable the endpoint, and try its next delivery at once."""
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        locked.enabled = True
        locked.disabled_reason = ""
        locked.down_since = locked.probe_at = locked.hold_until = None
        locked.failures = 0
        locked.save()
        locked.deliveries.filter(state=Delivery.State.PENDING).update(
            next_attempt_at=locked.created_at
        )


def test(endpoint: Endpoint) -> Outcome:
    """Post a delivery without events, and return the outcome."""
    return posting.post(endpoint, str(uuid.uuid4()), 0, [], posting.exchange_with(endpoint))


@dataclass(frozen=True, slots=True)
class Lag:
    """The number of events that an endpoint has not acknowledged; `since`: receipt of the first."""

    events: int
    since: datetime | None


def lag(endpoint: Endpoint) -> Lag:
    unplaced = Event.objects.filter(position=None)
    lanes_behind = Lane.objects.filter(
        endpoint=endpoint, replay=False, pending_through__gt=F("delivered_through")
    )
    oldest = (
        _received(
            Event.objects.filter(
                charge_point__event_lanes__in=lanes_behind,
                sequence=F("charge_point__event_lanes__delivered_through") + 1,
            ).order_by("received_at")
        )
        or _received(Event.objects.filter(position__gt=endpoint.read_through).order_by("position"))
        or _received(unplaced.order_by("id"))
    )
    return Lag(lanes.backlog(endpoint) + unplaced.count(), oldest)


def _received(events: QuerySet[Event]) -> datetime | None:
    return events.values_list("received_at", flat=True).first()


def last_position() -> int:
    feed = EventFeed.objects.first()
    return feed.last_position if feed else 0
