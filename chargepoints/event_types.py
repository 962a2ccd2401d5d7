"""The types of events, as the contract with core names them."""

from typing import Literal, get_args

EventType = Literal[
    "battery.swapped",
    "certificate.installed",
    "certificate.requested",
    "charge_point.booted",
    "charge_point.configuration_changed",
    "charge_point.deaf",
    "charge_point.diagnostics_uploaded",
    "charge_point.firmware_status",
    "charge_point.handshake_refused",
    "charge_point.offline",
    "charge_point.online",
    "charge_point.security_event",
    "charge_point.status_changed",
    "command.finished",
    "connector.status_changed",
    "data_transfer.received",
    "der.alarm",
    "der.control_changed",
    "display_message.changed",
    "meter_values.recorded",
    "monitoring.event",
    "monitoring.stream",
    "payment.settled",
    "reservation.changed",
    "transaction.corrected",
    "transaction.ended",
    "transaction.started",
    "transaction.updated",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
