"""Commands for daily operation, which all versions of OCPP have."""

from datetime import datetime

from django.db.models import Q

from chargepoints.models import Command, Connector, Status, StatusChange, Transaction
from chargepoints.services.commands.command_types.charging import PROFILE
from chargepoints.services.commands.command_types.declaration import (
    ID_TOKEN,
    INTEGER,
    NO_EFFECT,
    POSITIVE,
    TEXT,
    CommandType,
    arguments,
)
from chargepoints.services.commands.command_types.files import end_files
from chargepoints.services.commands.command_types.secrets import (
    without_secret_value,
    without_secrets_of_any_version,
)
from chargepoints.services.commands.command_types.warnings import (
    about_boot,
    about_evse,
    about_key,
    about_open_transaction,
    about_token,
    about_transaction,
)

BOOT = "BootNotification"

# The first status that a connector had is the reason: a car would be at the most promising one.
_WHY_NO_START = {
    Status.OCCUPIED: (NO_EFFECT, "a car is plugged in, but no transaction started"),
    Status.AVAILABLE: ("no_cable", "nobody plugged in a car in time"),
    Status.RESERVED: ("connector_reserved", "the connector is reserved"),
    Status.FAULTED: ("connector_faulted", "the connector reports a fault"),
    Status.UNAVAILABLE: ("connector_unavailable", "the connector is out of service"),
}


def why_no_start(command: Command) -> tuple[str, str]:
    """Judge by all statuses since the charge point accepted, not only by the present one."""
    since = command.answered_at or command.sent_at or command.created_at
    if (busy := _charged_meanwhile(command, since)) is not None:
        return "evse_busy", f"transaction {busy.transaction_id} was active on this EVSE"
    seen = _statuses_since(command, since)
    for status, why in _WHY_NO_START.items():
        if status in seen:
            return why
    return NO_EFFECT, "accepted, but the charge point reported no effect in time"


def _charged_meanwhile(command: Command, since: datetime) -> Transaction | None:
    """A transaction that was already open on the EVSE when the charge point accepted."""
    if (evse_id := command.args.get("evse_id")) is None:
        return None
    return Transaction.objects.filter(
        Q(ended_at=None) | Q(ended_received_at__gt=since),
        charge_point_id=command.charge_point_id,
        evse_id=evse_id,
        started_received_at__lt=since,
    ).first()


def _statuses_since(command: Command, since: datetime) -> set[str]:
    """The statuses of the command's connectors since then, and just before."""
    connectors = Connector.objects.filter(evse__charge_point_id=command.charge_point_id)
    changes = StatusChange.objects.filter(charge_point_id=command.charge_point_id)
    if (evse_id := command.args.get("evse_id")) is not None:
        connectors = connectors.filter(evse__evse_id=evse_id)
        changes = changes.filter(evse_id=evse_id)
    seen = set(connectors.values_list("status", flat=True))
    seen |= set(changes.filter(received_at__gte=since).values_list("status", flat=True))
    before = changes.filter(received_at__lt=since).order_by("-id").first()
    return seen | ({str(before.status)} if before else set())


TYPES: dict[str, CommandType] = {
    "start": CommandType(
        "Start a transaction for a token. `group_id_token`: the group that reserved the EVSE.",
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
        for_operators=True,
        confirmed=False,
        warnings=(about_token, about_evse, about_open_transaction),
        asked_about="id_token",
        why_no_effect=why_no_start,
    ),
    "stop": CommandType(
        "Stop a transaction, by the charger's transaction id.",
        arguments(("transaction_id",), transaction_id=TEXT),
        expires_after_s=60,
        only_connected=True,
        for_operators=True,
        warnings=(about_transaction,),
    ),
    "reset": CommandType(
        "Restart the charge point: `on_idle` lets transactions end first, `immediate` does not, "
        "`immediate_and_resume` continues transactions after the restart.",
        arguments(
            type={"enum": ["immediate", "immediate_and_resume", "on_idle"]}, evse_id=POSITIVE
        ),
        warnings=(about_evse,),
        asks_for_boot=lambda args: True,
        for_many=True,
    ),
    "unlock": CommandType(
        "Unlock a connector.",
        # Any number is sent: the charger answers for connectors that it does not have.
        arguments(("evse_id",), evse_id=INTEGER, connector_id=INTEGER),
        expires_after_s=60,
        only_connected=True,
        for_operators=True,
        warnings=(about_evse,),
    ),
    "set_availability": CommandType(
        "Take an EVSE, or without `evse_id` the whole charge point, into or out of service.",
        arguments(
            ("availability",),
            availability={"enum": ["operative", "inoperative"]},
            evse_id=POSITIVE,
            connector_id=POSITIVE,
        ),
        slot=lambda args: (args.get("evse_id"), args.get("connector_id")),
        warnings=(about_evse,),
        for_many=True,
    ),
    "clear_cache": CommandType(
        "Empty the charge point's authorization cache.", arguments(), for_many=True
    ),
    "data_transfer": CommandType(
        "Send a message that a vendor defined.",
        arguments(("vendor_id",), vendor_id=TEXT, message_id=TEXT, data={}),
    ),
    "trigger": CommandType(
        "Have the charge point send a message now; `custom` is the value for `CustomTrigger`.",
        arguments(("message",), message=TEXT, custom=TEXT, evse_id=POSITIVE, connector_id=POSITIVE),
        for_operators=True,
        confirmed=False,
        warnings=(about_evse, about_boot),
        asks_for_boot=lambda args: args["message"] == BOOT,
        for_many=True,
    ),
    "get_configuration": CommandType(
        "Read configuration keys (1.6) or variables (2.x, as `Component.Variable`); "
        "without `keys`, all of them.",
        arguments(keys={"type": "array", "items": TEXT}),
        for_operators=True,
        confirmed=False,
    ),
    "set_configuration": CommandType(
        "Write a configuration key (1.6) or a variable (2.x, as `Component.Variable`).",
        arguments(("key", "value"), key=TEXT, value={"type": "string"}),
        warnings=(about_key,),
        redacted=without_secret_value,
        for_many=True,
    ),
    "get_report": CommandType(
        "Have the charge point report its device model.",
        arguments(base={"enum": ["configuration", "full", "summary"]}),
        for_operators=True,
        confirmed=False,
    ),
    "raw": CommandType(
        "Send any request that the charge point's version allows a CSMS, checked by its schema.",
        arguments(("action", "payload"), action=TEXT, payload={"type": "object"}),
        verbatim=True,
        asks_for_boot=lambda args: (
            args["action"] == "Reset" or args["payload"].get("requestedMessage") == BOOT
        ),
        redacted=without_secrets_of_any_version,
        abandon=end_files,
        for_many=True,
    ),
}
