"""The monitors of a charge point, as it last reported or accepted them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import Monitor
from chargepoints.protocol.inbound import clip

_BY_NUMBER: PreparedQuery[Monitor] = PreparedQuery(
    lambda charge_point_id, monitor_number: Monitor.objects.filter(
        charge_point_id=charge_point_id, number=monitor_number
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """`where`: component, component_instance, evse_id, connector_id and instance."""

    number: int
    variable: str
    type: str
    value: float
    severity: int
    transaction: bool
    event_notification_type: str
    where: dict[str, Any]


def store(charge_point_id: int, monitors: list[Known], read_at: datetime) -> None:
    for monitor in monitors:
        known = _BY_NUMBER.first(charge_point_id, monitor.number)
        place = {"charge_point_id": charge_point_id, "number": monitor.number}
        row_changes.save_values(
            row_changes.editable(known) if known else row_changes.new(Monitor, **place),
            {
                "variable": clip(monitor.variable, 50),
                "type": clip(monitor.type, 30),
                "value": monitor.value,
                "severity": monitor.severity,
                "transaction": monitor.transaction,
                "event_notification_type": clip(monitor.event_notification_type, 30),
                "read_at": read_at,
                **{
                    name: clip(value, 50) if isinstance(value, str) else value
                    for name, value in monitor.where.items()
                },
            },
        )


def forget(charge_point_id: int, numbers: list[int]) -> None:
    Monitor.objects.filter(charge_point_id=charge_point_id, number__in=numbers).delete()


def forget_older(charge_point_id: int, than: datetime) -> None:
    """Delete monitors that were not reported since then."""
    Monitor.objects.filter(charge_point_id=charge_point_id, read_at__lt=than).delete()
