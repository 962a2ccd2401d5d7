"""Which charge points run older firmware than most of their model.

The *usual* version of a vendor's model is the one that most of its charge points reported at their
last boot; of two that are equally frequent, the newer. A charge point is *behind* if its version
comes before the usual one. Numbers are compared as numbers: `1.9` comes before `1.10`.
"""

import re
from typing import NamedTuple

from django.db.models import Count, Q, Value
from django.db.models.functions import Concat

from chargepoints.models import ChargePoint


class Model(NamedTuple):
    vendor: str
    name: str


# Separates texts that are compared as one; no name contains it.
BETWEEN = "\x1f"
# The numbers before a text make numbers and texts comparable.
Order = list[tuple[int, int, str]]


def order(version: str) -> Order:
    """The sort key of a version."""
    parts = re.findall(r"\d+|[^\W\d_]+", version)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part.lower()) for part in parts]


class Versions:
    """The number of charge points that run each version now, in one query.

    `alike`: only charge points of its model.
    """

    def __init__(self, alike: ChargePoint | None = None) -> None:
        known = ChargePoint.objects.exclude(firmware_version="")
        if alike is not None:
            known = known.filter(vendor=alike.vendor, model=alike.model)
        rows = (
            known.order_by()
            .values_list("vendor", "model", "firmware_version")
            .annotate(Count("pk"))
        )
        counts: dict[Model, dict[str, int]] = {}
        for vendor, model, version, count in rows:
            counts.setdefault(Model(vendor, model), {})[version] = count
        self.usual: dict[Model, str] = {
            model: max(of_model, key=lambda version: (of_model[version], order(version)))
            for model, of_model in counts.items()
        }
        self._older: dict[Model, set[str]] = {
            model: {each for each in of_model if order(each) < order(self.usual[model])}
            for model, of_model in counts.items()
        }

    def is_behind(self, charge_point: ChargePoint) -> bool:
        model = Model(charge_point.vendor, charge_point.model)
        return charge_point.firmware_version in self._older.get(model, ())

    def usual_of(self, charge_point: ChargePoint) -> str:
        return self.usual.get(Model(charge_point.vendor, charge_point.model), "")

    def behind(self) -> Q:
        """A condition that finds the charge points that are behind.

        It compares with one list: databases are slow with hundreds of conditions joined by OR.
        """
        older = [
            BETWEEN.join((model.vendor, model.name, version))
            for model, versions in self._older.items()
            for version in sorted(versions)
        ]
        between = Value(BETWEEN)
        product = Concat("vendor", between, "model", between, "firmware_version")
        found = ChargePoint.objects.alias(product=product).filter(product__in=older)
        return Q(pk__in=found.order_by().values("pk"))
