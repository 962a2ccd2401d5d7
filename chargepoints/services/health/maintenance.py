"""Which charge points are in maintenance, so that their problems are expected."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from chargepoints.models import ChargePoint, MaintenanceWindow


def window_of(charge_point: ChargePoint, now: datetime) -> MaintenanceWindow | None:
    """The present maintenance window of a charge point; of several, the one that ends last."""
    mine = Q(charge_point=charge_point)
    if charge_point.site:
        mine |= Q(charge_point=None, site=charge_point.site)
    return _running(now).filter(mine).order_by("-ends_at").first()


def in_maintenance(now: datetime) -> Q:
    """A condition that finds the charge points that are in maintenance."""
    own = _running(now).filter(charge_point=OuterRef("pk"))
    of_site = _running(now).filter(charge_point=None, site=OuterRef("site")).exclude(site="")
    return Q(Exists(own)) | Q(Exists(of_site))


def _running(now: datetime) -> QuerySet[MaintenanceWindow]:
    return MaintenanceWindow.objects.filter(ends_at__gt=now, starts_at__lte=now)
