"""Which charge points' events an endpoint receives: of all, of some sites, or of single ones."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from chargepoints.models import ChargePoint
from core_link.models import Endpoint


def is_narrowed(endpoint: Endpoint) -> bool:
    return bool(endpoint.sites or endpoint.charge_points)


def charge_points(endpoint: Endpoint) -> QuerySet[ChargePoint]:
    """The charge points whose events the endpoint receives."""
    if not is_narrowed(endpoint):
        return ChargePoint.objects.all()
    lowered = [identity.lower() for identity in endpoint.charge_points]
    rows = ChargePoint.objects.alias(lowered=Lower("identity"))
    return rows.filter(Q(site__in=endpoint.sites) | Q(lowered__in=lowered))


def within(endpoint: Endpoint, ids: Iterable[int]) -> set[int]:
    """Those of these charge points whose events the endpoint receives."""
    wanted = set(ids)
    if not is_narrowed(endpoint):
        return wanted
    return set(charge_points(endpoint).filter(pk__in=wanted).values_list("pk", flat=True))


def unknown(identities: Iterable[str]) -> list[str]:
    """The identities that do not belong to any charge point."""
    asked = list(identities)
    rows = ChargePoint.objects.annotate(lowered=Lower("identity"))
    known = rows.filter(lowered__in=[each.lower() for each in asked])
    lowered = set(known.values_list("lowered", flat=True))
    return [each for each in asked if each.lower() not in lowered]
