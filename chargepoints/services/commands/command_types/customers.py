"""Messages to drivers, and data about customers."""

from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    ID_TOKEN,
    POSITIVE,
    TEXT,
    TIME,
    CommandType,
    JsonSchema,
    arguments,
    several,
)
from chargepoints.services.commands.command_types.security import CERTIFICATE_HASH

_CUSTOMER: dict[str, JsonSchema] = {
    "customer_identifier": TEXT,
    "id_token": ID_TOKEN,
    "certificate": arguments(tuple(CERTIFICATE_HASH), **CERTIFICATE_HASH),
}

FORMAT: JsonSchema = {"enum": ["ASCII", "HTML", "QRCODE", "URI", "UTF8"]}
PRIORITY: JsonSchema = {"enum": ["always_front", "in_front", "normal_cycle"]}
STATE: JsonSchema = {
    "enum": ["charging", "discharging", "faulted", "idle", "suspended", "unavailable"]
}
# The maximum of all versions.
_TRANSLATIONS: JsonSchema = {
    **several(arguments(("content", "language"), content=TEXT, format=FORMAT, language=TEXT)),
    "maxItems": 4,
}

TYPES: dict[str, CommandType] = {
    "get_transaction_status": CommandType(
        "Ask whether a transaction is ongoing, and whether messages about it are queued.",
        arguments(transaction_id=TEXT),
        for_operators=True,
        confirmed=False,
    ),
    "update_cost": CommandType(
        "Show the driver what the transaction has cost so far, in the currency of the station.",
        arguments(
            ("transaction_id", "total_cost"),
            transaction_id=TEXT,
            total_cost={"type": "number", "minimum": 0},
        ),
        expires_after_s=300,
    ),
    "display_message": CommandType(
        "Show a message; it replaces the message with the same `id`.",
        arguments(
            ("content",),
            id=COUNT,
            content=TEXT,
            format=FORMAT,
            language=TEXT,
            translations=_TRANSLATIONS,
            priority=PRIORITY,
            state=STATE,
            start_at=TIME,
            end_at=TIME,
            transaction_id=TEXT,
            evse_id=POSITIVE,
        ),
    ),
    "get_display_messages": CommandType(
        "Have the charge point report the messages on its display.",
        arguments(
            ids=several(COUNT),
            priority=PRIORITY,
            state=STATE,
        ),
        for_operators=True,
        confirmed=False,
    ),
    "clear_display_message": CommandType(
        "Remove a message from the display.", arguments(("id",), id=COUNT)
    ),
    "customer_information": CommandType(
        "Have the charge point report, or delete, its data about a customer.",
        arguments(report={"type": "boolean"}, clear={"type": "boolean"}, **_CUSTOMER),
        effect_within_s=HOUR_S,
    ),
}
