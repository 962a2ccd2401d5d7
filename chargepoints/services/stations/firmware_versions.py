"""Which charge points run older firmware than most of their model.

The *usual* version of a model, which is a vendor's, is the one that most of its charge points
reported at their last boot; of two that are as frequent, the newer. A charge point is *behind*
where its own comes before that one, numbers compared as numbers: `1.9` comes before `1.10`.
"""

import re
from typing import NamedTuple

from django.db.models import Count, Q, Value
from django.db.models.functions import Concat

from chargepoints.models import ChargePoint


class Model(NamedTuple):
    vendor: str
    name: str


# Between texts that are compared as one; it stands in no name that people read.
BETWEEN = "\x1f"
# The number beside a text keeps the two comparable.
Order = list[tuple[int, int, str]]


def order(version: str) -> Order:
    """What versions are sorted by."""
    parts = re.findall(r"\d+|[^\W\d_]+", version)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part.lower()) for part in parts]


class Versions:
    """How many charge points run each version now, in one query.

    `alike`: only those of its model.
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

        One comparison with a list: a database takes long for hundreds that are joined by OR.
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
