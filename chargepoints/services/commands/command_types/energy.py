"""Tariffs, grid codes, energy from the car and batteries: what the latest OCPP has words for.

An object of theirs goes to the charge point as it is, checked by the schema of its version.
"""

from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    ID_TOKEN,
    INTEGER,
    TEXT,
    TIME,
    CommandType,
    JsonSchema,
    arguments,
    several,
)
from chargepoints.services.commands.command_types.warnings import about_evse, about_transaction

_TARIFF: JsonSchema = {
    "type": "object",
    "description": "JSON: OCPP TariffType, {tariffId, currency, energy: {prices}, ...}",
    "required": ["tariffId", "currency"],
    "properties": {"tariffId": {}, "currency": {}},
}
_CONTROL: dict[str, JsonSchema] = {
    "is_default": {"type": "boolean"},
    "control_type": TEXT,
    "control_id": {**TEXT, "maxLength": 36},
}

TYPES: dict[str, CommandType] = {
    "set_default_tariff": CommandType(
        "Set the tariff of an EVSE (0: of all) for drivers who have none of their own.",
        arguments(("tariff",), evse_id=COUNT, tariff=_TARIFF),
        warnings=(about_evse,),
    ),
    "get_tariffs": CommandType(
        "Read which tariffs an EVSE (0: all of them) has.",
        arguments(evse_id=COUNT),
        for_operators=True,
        confirmed=False,
    ),
    "clear_tariffs": CommandType(
        "Remove tariffs, by their ids, of an EVSE, or all of them.",
        arguments(tariff_ids=several(TEXT), evse_id=COUNT),
    ),
    "change_tariff": CommandType(
        "Change the tariff of a transaction that is under way.",
        arguments(("transaction_id", "tariff"), transaction_id=TEXT, tariff=_TARIFF),
        expires_after_s=300,
        warnings=(about_transaction,),
    ),
    "set_der_control": CommandType(
        "Set a control of the grid code; `setting` is OCPP's object for its `control_type`.",
        arguments(("control_type", "setting"), **_CONTROL, setting={"type": "object"}),
    ),
    "get_der_controls": CommandType(
        "Have the charge point report its controls of the grid code.",
        arguments(**_CONTROL),
        effect_within_s=HOUR_S,
        for_operators=True,
        confirmed=False,
    ),
    "clear_der_controls": CommandType(
        "Remove controls of the grid code: the default ones with `is_default`, else the others.",
        arguments(**_CONTROL),
    ),
    "allow_energy_transfer": CommandType(
        "Say in which ways energy may flow in a transaction: AC_single_phase, DC, DC_BPT, ...",
        arguments(
            ("transaction_id", "energy_transfer"),
            transaction_id=TEXT,
            energy_transfer=several(TEXT),
        ),
        expires_after_s=300,
        warnings=(about_transaction,),
    ),
    "afrr_signal": CommandType(
        "Hand on a signal of automatic frequency restoration (aFRR).",
        arguments(("signal",), signal=INTEGER, at=TIME),
        expires_after_s=60,
        only_connected=True,
        confirmed=False,
    ),
    "web_payment_started": CommandType(
        "Tell that somebody pays for an EVSE on a web page, so that nobody else uses it meanwhile.",
        arguments(("evse_id", "timeout_s"), evse_id=COUNT, timeout_s=COUNT),
        expires_after_s=60,
        only_connected=True,
        confirmed=False,
        warnings=(about_evse,),
    ),
    "battery_swap": CommandType(
        "Have the charge point swap a battery for a token.",
        arguments(("id_token",), id_token=ID_TOKEN),
        expires_after_s=60,
        only_connected=True,
        effect_within_s=600,
        for_operators=True,
    ),
}
