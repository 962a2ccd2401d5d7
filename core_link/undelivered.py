"""Prevents the deletion of a charge point with undelivered events."""

from typing import Any

from django.db.models import F, ProtectedError, Q

from chargepoints.models import ChargePoint, Event
from core_link import scope
from core_link.endpoints import NOT_SET
from core_link.models import Endpoint, Lane


def protect(sender: Any, instance: ChargePoint, **kwargs: Any) -> None:
    """Refuse to delete a charge point with undelivered events. Raises ProtectedError."""
    # An endpoint that was removed from the environment will not get them.
    for endpoint in Endpoint.objects.exclude(disabled_reason=NOT_SET):
        if waits(instance, endpoint):
            raise ProtectedError(
                f"{endpoint.name} has not received all events of {instance.identity}", {instance}
            )


def waits(charge_point: ChargePoint, endpoint: Endpoint) -> bool:
    """Whether the endpoint has not yet acknowledged all events of the charge point."""
    behind = Q(pending_through__gt=F("delivered_through")) | Q(delivery__isnull=False)
    if Lane.objects.filter(behind, endpoint=endpoint, charge_point=charge_point).exists():
        return True
    if not scope.within(endpoint, [charge_point.pk]):
        return False
    unread = Event.objects.filter(
        Q(position=None) | Q(position__gt=endpoint.read_through), charge_point=charge_point
    )
    if endpoint.event_types:
        unread = unread.filter(type__in=endpoint.event_types)
    return unread.exists()
