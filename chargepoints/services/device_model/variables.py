"""The configuration that charge points report: stored as reported, without secrets."""

from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from chargepoints.database import statements
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.statements import Row
from chargepoints.key_codes import REDACTED
from chargepoints.models import Variable
from chargepoints.models.device_model import VARIABLE_KEY
from chargepoints.protocol.inbound import clip
from chargepoints.secret_names import is_secret

_key_of = attrgetter(*VARIABLE_KEY)

_OF_THE_STATION = PreparedQuery(
    lambda charge_point_id, component, name, instance: Variable.objects.filter(
        charge_point_id=charge_point_id,
        component=component,
        component_instance="",
        evse_id=0,
        connector_id=0,
        name=name,
        instance=instance,
        attribute="Actual",
    ).values_list("reported")
)


@dataclass(frozen=True, slots=True)
class Reported:
    """One attribute of a variable; for a 1.6 key only `name`, `value` and `mutability`."""

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
    """Update the variables; each occurs only once in the statement."""
    clipped = map(_clipped, reports)
    rows = {_key_of(report): _row(charge_point_id, report, read_at) for report in clipped}
    if not rows:
        return
    update = ["reported", "read_at"]
    if any(report.mutability for report in reports):
        update.append("mutability")
    if any(report.characteristics for report in reports):
        update.append("characteristics")
    said = ", ".join(f"{name} = excluded.{name}" for name in update)
    known = f"ON CONFLICT (charge_point_id, {', '.join(VARIABLE_KEY)}) DO UPDATE SET {said}"
    statements.insert(Variable, list(rows.values()), on_conflict=known)


def _row(charge_point_id: int, report: Reported, read_at: datetime) -> Row:
    return Variable.row(
        charge_point_id=charge_point_id,
        component=report.component,
        component_instance=report.component_instance,
        evse_id=report.evse_id,
        connector_id=report.connector_id,
        name=report.name,
        instance=report.instance,
        attribute=report.attribute,
        reported=REDACTED if is_secret(report.name) else report.value,
        desired=None,
        mutability=clip(report.mutability, 10),
        characteristics=report.characteristics,
        read_at=read_at,
    )


def _clipped(report: Reported) -> Reported:
    """Clip names to the columns of the key, because equal keys are one variable."""
    return replace(
        report,
        component=clip(report.component, 50),
        component_instance=clip(report.component_instance, 50),
        name=clip(report.name, 255),
        instance=clip(report.instance, 50),
        attribute=clip(report.attribute, 10),
    )


def limit(charge_point_id: int, component: str, name: str, instance: str) -> int | None:
    """A limit that the charge point reported, such as ItemsPerMessage[GetVariables]."""
    text = reported(charge_point_id, component, name, instance) or ""
    return int(text) if text.isdecimal() and int(text) > 0 else None


def members(charge_point_id: int, component: str, name: str) -> frozenset[str] | None:
    """The members of a MemberList; None if the charge point has not reported it."""
    text = reported(charge_point_id, component, name)
    return None if text is None else frozenset(each.strip() for each in text.split(","))


def is_known(charge_point_id: int, component: str) -> bool:
    """Whether the charge point has reported any variable of the component."""
    variables = Variable.objects.filter(charge_point_id=charge_point_id, component=component)
    return variables.filter(read_at__isnull=False).exists()


def reported(charge_point_id: int, component: str, name: str, instance: str = "") -> str | None:
    """The actual value of a variable of the station itself; None if it is unknown."""
    found = _OF_THE_STATION.first(charge_point_id, component, name, instance)
    return found[0] if found else None


def store_desired(
    charge_point_id: int, name: str, value: str, at: datetime, *, in_force: bool, **where: Any
) -> None:
    """Store a value that the charger accepted.

    `in_force`: it applies now, so it is also the reported value; else it applies after a reboot.
    """
    shown = REDACTED if is_secret(name) else value
    reported = {"reported": shown, "read_at": at} if in_force else {}
    Variable.objects.update_or_create(
        charge_point_id=charge_point_id,
        name=clip(name, 255),
        **where,
        defaults={"desired": shown, "set_at": at, **reported},
    )
