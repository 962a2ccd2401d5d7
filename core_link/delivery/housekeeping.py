"""Deletes finished deliveries and replay lanes."""

from datetime import timedelta

from django.db.models import F, QuerySet

from chargepoints import clock
from core_link.models import Delivery, Lane

EVERY_S = 60.0
DELIVERED_KEPT = timedelta(days=1)
OTHERS_KEPT = timedelta(days=30)
AT_A_TIME = 10_000


def tidy() -> None:
    now = clock.now()
    _delete(
        Delivery.objects.filter(
            state=Delivery.State.DELIVERED, finished_at__lt=now - DELIVERED_KEPT
        )
    )
    _delete(Delivery.objects.filter(finished_at__lt=now - OTHERS_KEPT))
    Lane.objects.filter(
        replay=True, delivery=None, delivered_through__gte=F("pending_through")
    ).delete()


def _delete(finished: QuerySet[Delivery]) -> None:
    """Delete in portions, so that other writes do not wait long for the database's lock."""
    oldest = finished.order_by("finished_at").values("pk")[:AT_A_TIME]
    Delivery.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()
