"""The admin: one file a subject. Importing them registers their pages."""

from chargepoints.admin import (
    api_keys,
    charge_points,
    commands,
    connections,
    dashboard,
    device_model,
    events,
    id_tokens,
    messages,
    meter_values,
    monitors,
    refusals,
    security,
    staff,
    status,
    transactions,
)

__all__ = [
    "api_keys",
    "charge_points",
    "commands",
    "connections",
    "dashboard",
    "device_model",
    "events",
    "id_tokens",
    "messages",
    "meter_values",
    "monitors",
    "refusals",
    "security",
    "staff",
    "status",
    "transactions",
]
