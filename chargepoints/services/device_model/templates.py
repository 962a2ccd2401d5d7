"""Templates: the configuration that a model should have, and which charge points differ (drift).

A charge point drifts in a key if it reported another value for it. Keys that it never reported, and
variables of an EVSE or a connector, do not count.
"""

import re
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q, QuerySet

from chargepoints.models import ChargePoint, ConfigurationTemplate, Variable
from chargepoints.secret_names import is_secret

# `Component[instance].Variable[instance]`.
_KEY = re.compile(r"([^.\[\]]+)(?:\[([^\]]*)\])?\.([^\[\]]+)(?:\[([^\]]*)\])?")
MOST_KEYS = 100
MOST_DRIFTS = 5000


@dataclass(slots=True)
class Drift:
    """The drift of one key: the charge points that reported another value, and that value."""

    key: str
    wanted: str
    reported: list[tuple[ChargePoint, str]] = field(default_factory=list)


def of_model(charge_point: ChargePoint) -> ConfigurationTemplate | None:
    if not charge_point.model:
        return None
    return ConfigurationTemplate.objects.filter(
        vendor=charge_point.vendor, model=charge_point.model
    ).first()


def may_hold(variable: Variable) -> bool:
    """Whether a template may contain this variable."""
    writable = variable.mutability != "ReadOnly" and variable.attribute == "Actual"
    known = variable.reported is not None and not is_secret(variable.name)
    return writable and known and not (variable.evse_id or variable.connector_id)


def save(charge_point: ChargePoint, keys: list[str], by: str) -> ConfigurationTemplate:
    """Store the values of this charge point for these keys in the template of its model."""
    values = {
        variable.key: variable.reported
        for variable in charge_point.variables.all()
        if variable.key in keys and may_hold(variable)
    }
    with transaction.atomic():
        template, _ = ConfigurationTemplate.objects.select_for_update(no_key=True).get_or_create(
            vendor=charge_point.vendor, model=charge_point.model
        )
        template.values = template.values | values
        template.changed_by = by
        template.save()
    return template


def drift(template: ConfigurationTemplate) -> list[Drift]:
    """All keys with drift; at most MOST_DRIFTS values."""
    found: dict[str, Drift] = {}
    rows = _drifting(template, list(template.values)).select_related("charge_point")
    for variable in rows.order_by("charge_point__identity")[:MOST_DRIFTS]:
        wanted = template.values[variable.key]
        each = found.setdefault(variable.key, Drift(variable.key, wanted))
        each.reported.append((variable.charge_point, variable.reported or ""))
    return sorted(found.values(), key=lambda each: each.key)


def drift_of(charge_point: ChargePoint, template: ConfigurationTemplate) -> list[Variable]:
    """The variables that this charge point reported with other values than the template's."""
    rows = _drifting(template, list(template.values)).filter(charge_point=charge_point)
    return list(rows.order_by("component", "name")[:MOST_KEYS])


def drifting(template: ConfigurationTemplate, *keys: str) -> list[int]:
    """The primary keys of the charge points that drift in one of these keys of the template."""
    rows = _drifting(template, list(keys)).order_by("charge_point")
    return list(rows.values_list("charge_point", flat=True).distinct()[:MOST_DRIFTS])


def _drifting(template: ConfigurationTemplate, keys: list[str]) -> QuerySet[Variable]:
    other = Q(pk__in=[])
    for key in keys[:MOST_KEYS]:
        other |= _named(key) & ~Q(reported=template.values[key])
    return Variable.objects.filter(
        other,
        charge_point__vendor=template.vendor,
        charge_point__model=template.model,
        attribute="Actual",
        evse_id=0,
        connector_id=0,
        reported__isnull=False,
    )


def _named(key: str) -> Q:
    """A name without a component may contain a dot, too."""
    plain = Q(component="", name=key)
    if (parts := _KEY.fullmatch(key)) is None:
        return plain
    component, component_instance, name, instance = parts.groups(default="")
    return plain | Q(
        component=component, component_instance=component_instance, name=name, instance=instance
    )
