"""What charge points report of their configuration: stored as reported, secrets left out."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from chargepoints.key_codes import REDACTED
from chargepoints.models import Variable
from chargepoints.models.device_model import VARIABLE_KEY
from chargepoints.protocol.inbound import clip
from chargepoints.secret_names import is_secret

_key_of = attrgetter(*VARIABLE_KEY)


@dataclass(frozen=True, slots=True)
class Reported:
    """One attribute of a variable; of a 1.6 key only `name`, `value` and `mutability`."""

    name: str
    value: str | None
    mutability: str = ""
    component: str = ""
    component_instance: str = ""
    evse_id: int = 0
    connector_id: int = 0
    instance: str = ""
    attribute: str = "Actual"
    characteristics: dict[str, Any] | None = None


def store(charge_point_id: int, reports: list[Reported], read_at: datetime) -> None:
    """Bring the variables up to date, in one statement, which may name each only once."""
    told = (_variable(charge_point_id, report, read_at) for report in reports)
    rows = {_key_of(variable): variable for variable in told}
    if not rows:
        return
    update = ["reported", "read_at"]
    if any(report.mutability for report in reports):
        update.append("mutability")
    if any(report.characteristics for report in reports):
        update.append("characteristics")
    Variable.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["charge_point", *VARIABLE_KEY],
        update_fields=update,
    )


def _variable(charge_point_id: int, report: Reported, read_at: datetime) -> Variable:
    return Variable(
        charge_point_id=charge_point_id,
        component=clip(report.component, 50),
        component_instance=clip(report.component_instance, 50),
        evse_id=report.evse_id,
        connector_id=report.connector_id,
        name=clip(report.name, 255),
        instance=clip(report.instance, 50),
        attribute=clip(report.attribute, 10),
        reported=REDACTED if is_secret(report.name) else report.value,
        mutability=clip(report.mutability, 10),
        characteristics=report.characteristics,
        read_at=read_at,
    )


def limit(charge_point_id: int, component: str, name: str, instance: str) -> int | None:
    """A number the charge point reported of itself, such as ItemsPerMessage[GetVariables]."""
    found = Variable.objects.filter(
        charge_point_id=charge_point_id,
        component=component,
        name=name,
        instance=instance,
        attribute="Actual",
    ).first()
    text = (found.reported or "") if found else ""
    return int(text) if text.isdecimal() and int(text) > 0 else None


def store_desired(
    charge_point_id: int, name: str, value: str, at: datetime, *, in_force: bool, **where: Any
) -> None:
    """What somebody wanted a variable to be, and the charger took.

    `in_force`: at once, so that this is a report of what it is as well; else after a reboot.
    """
    shown = REDACTED if is_secret(name) else value
    reported = {"reported": shown, "read_at": at} if in_force else {}
    Variable.objects.update_or_create(
        charge_point_id=charge_point_id,
        name=clip(name, 255),
        **where,
        defaults={"desired": shown, "set_at": at, **reported},
    )
