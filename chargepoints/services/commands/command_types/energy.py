"""Tariffs, grid codes, energy from the car and battery swaps: commands of the latest OCPP only.

Their objects are OCPP's own, sent unchanged; the schema of the charge point's version checks them.
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
        "Set the tariff of an EVSE (0: of all) for drivers without a tariff of their own.",
        arguments(("tariff",), evse_id=COUNT, tariff=_TARIFF),
        warnings=(about_evse,),
    ),
    "get_tariffs": CommandType(
        "Read the tariffs of an EVSE (0: of all).",
        arguments(evse_id=COUNT),
        for_operators=True,
        confirmed=False,
    ),
    "clear_tariffs": CommandType(
        "Remove tariffs by their ids, or all tariffs of an EVSE or of the charge point.",
        arguments(tariff_ids=several(TEXT), evse_id=COUNT),
    ),
    "change_tariff": CommandType(
        "Change the tariff of an ongoing transaction.",
        arguments(("transaction_id", "tariff"), transaction_id=TEXT, tariff=_TARIFF),
        expires_after_s=300,
        warnings=(about_transaction,),
    ),
    "set_der_control": CommandType(
        "Set a control of the grid code; `setting` is OCPP's object for this `control_type`.",
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
        "Set the allowed energy transfer modes of a transaction: AC_single_phase, DC, DC_BPT, ...",
        arguments(
            ("transaction_id", "energy_transfer"),
            transaction_id=TEXT,
            energy_transfer=several(TEXT),
        ),
        expires_after_s=300,
        warnings=(about_transaction,),
    ),
    "afrr_signal": CommandType(
        "Forward a signal of automatic frequency restoration (aFRR).",
        arguments(("signal",), signal=INTEGER, at=TIME),
        expires_after_s=60,
        only_connected=True,
        confirmed=False,
    ),
    "web_payment_started": CommandType(
        "Report that a customer pays for an EVSE on a web page, so that nobody else can use it.",
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
