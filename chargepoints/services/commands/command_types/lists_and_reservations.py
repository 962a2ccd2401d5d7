"""The local authorization list, and reservations."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    ID_TOKEN,
    INTEGER,
    POSITIVE,
    TEXT,
    TIME,
    CommandType,
    JsonSchema,
    arguments,
)
from chargepoints.services.commands.command_types.warnings import about_end, about_evse
from chargepoints.services.tokens import reservations

LIST_ENTRY: JsonSchema = {
    "type": "object",
    "properties": {
        "id_token": ID_TOKEN,
        "status": {"enum": [str(status) for status in AuthorizationStatus]},
        "group_id_token": TEXT,
        "expires_at": TIME,
    },
    "required": ["id_token"],
    "additionalProperties": False,
}

DIFFERENTIAL: JsonSchema = {
    "properties": {"update": {"const": "differential"}},
    "required": ["update"],
}


def reject_reservation(unit: UnitOfWork, command: Command) -> None:
    # Without an answer, the charge point may have stored it.
    if command.state != Command.State.TIMEOUT:
        reservations.refused(unit, command)


TYPES: dict[str, CommandType] = {
    "get_local_list_version": CommandType(
        "Ask for the version of the local list.",
        arguments(),
        for_operators=True,
        confirmed=False,
    ),
    "send_local_list": CommandType(
        "Send the local authorization list: `full` replaces it (without `entries`: by all tokens "
        "of the gateway's own table), `differential` adds or changes `entries` and removes "
        "`remove`. The gateway splits it into as many requests as the charge point needs.",
        arguments(
            update={"enum": ["full", "differential"]},
            entries={"type": "array", "items": LIST_ENTRY},
            remove={"type": "array", "items": ID_TOKEN},
            version=POSITIVE,
        )
        # A full list removes all other entries anyway.
        | {"dependentSchemas": {"remove": DIFFERENTIAL}},
        effect_within_s=600,
        for_many=True,
    ),
    "reserve": CommandType(
        "Reserve an EVSE for a token until `expires_at`; without `evse_id`, any EVSE. "
        "`group_id_token` lets others of its group use it.",
        arguments(
            ("id_token", "expires_at"),
            id_token=ID_TOKEN,
            expires_at=TIME,
            evse_id=COUNT,
            connector_type=TEXT,
            group_id_token=TEXT,
            reservation_id=INTEGER,
        ),
        expires_after_s=60,
        only_connected=True,
        for_operators=True,
        confirmed=False,
        warnings=(about_evse, about_end),
        abandon=reject_reservation,
    ),
    "cancel_reservation": CommandType(
        "Cancel a reservation.",
        arguments(("reservation_id",), reservation_id=INTEGER),
        expires_after_s=60,
        only_connected=True,
        for_operators=True,
        confirmed=False,
    ),
}
