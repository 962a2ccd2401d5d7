"""What every charger is asked in daily operation."""

from chargepoints.services.commands.command_types.charging import PROFILE
from chargepoints.services.commands.command_types.declaration import (
    ID_TOKEN,
    INTEGER,
    POSITIVE,
    TEXT,
    CommandType,
    arguments,
)

TYPES: dict[str, CommandType] = {
    "start": CommandType(
        "Start a transaction for a token; with `group_id_token` where that has reserved the EVSE.",
        arguments(
            ("id_token",),
            id_token=ID_TOKEN,
            evse_id=POSITIVE,
            connector_id=POSITIVE,
            group_id_token=TEXT,
            charging_profile=PROFILE,
        ),
        expires_after_s=60,
        only_connected=True,
    ),
    "stop": CommandType(
        "Stop a transaction, named by the charger's own transaction id.",
        arguments(("transaction_id",), transaction_id=TEXT),
        expires_after_s=60,
        only_connected=True,
    ),
    "reset": CommandType(
        "Restart the charge point: `on_idle` waits for transactions to end, `immediate` does not.",
        arguments(type={"enum": ["immediate", "on_idle"]}, evse_id=POSITIVE),
    ),
    "unlock": CommandType(
        "Unlock a connector.",
        # Sent as typed: what is not there, the charger answers for.
        arguments(("evse_id",), evse_id=INTEGER, connector_id=INTEGER),
        expires_after_s=60,
        only_connected=True,
    ),
    "set_availability": CommandType(
        "Take an EVSE, or without one the whole charge point, into or out of service.",
        arguments(
            ("availability",),
            availability={"enum": ["operative", "inoperative"]},
            evse_id=POSITIVE,
            connector_id=POSITIVE,
        ),
        slot=lambda args: (args.get("evse_id"), args.get("connector_id")),
    ),
    "clear_cache": CommandType("Empty the charge point's authorization cache.", arguments()),
    "data_transfer": CommandType(
        "Send a vendor's own message.",
        arguments(("vendor_id",), vendor_id=TEXT, message_id=TEXT, data={}),
    ),
    "trigger": CommandType(
        "Have the charge point send a message now.",
        arguments(("message",), message=TEXT, evse_id=POSITIVE, connector_id=POSITIVE),
    ),
    "get_configuration": CommandType(
        "Read configuration keys (1.6) or variables (2.0.1), named `Component.Variable`; "
        "none named: all of them.",
        arguments(keys={"type": "array", "items": TEXT}),
    ),
    "set_configuration": CommandType(
        "Write a configuration key (1.6) or a variable (2.0.1), named `Component.Variable`.",
        arguments(("key", "value"), key=TEXT, value={"type": "string"}),
    ),
    "get_report": CommandType(
        "Have the charge point report its device model.",
        arguments(base={"enum": ["configuration", "full", "summary"]}),
    ),
    "raw": CommandType(
        "Any request that the charge point's version lets a CSMS send, checked by its schema.",
        arguments(("action", "payload"), action=TEXT, payload={"type": "object"}),
    ),
}
