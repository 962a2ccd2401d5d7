"""Selects the next command for a charger, composes its request, and marks it as sent.

Runs in the writer's transaction, fenced by the connection's epoch (P6).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from chargepoints import clock, url_secrets
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.strict_json import with_floats
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import ocppj
from chargepoints.models import ChargePoint, Command, Transaction
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import OcppVersion
from chargepoints.services.commands import composing, outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.redaction import stored_args
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.stations import passwords, quirks
from chargepoints.traces import Work

State = Command.State
ErrorClass = Command.ErrorClass

_QUEUED: PreparedQuery[Command] = PreparedQuery(
    lambda charge_point_id, now: Command.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        charge_point_id=charge_point_id,
        state=str(State.QUEUED),
        finished_at=None,
        expires_at__gt=now,
    ).order_by("created_at")
)
_CURRENT: PreparedQuery[ChargePoint] = PreparedQuery(
    lambda charge_point_id, connection_id: ChargePoint.objects.filter(
        pk=charge_point_id, connection_id=connection_id
    )
)


@dataclass(frozen=True, slots=True)
class Claimed:
    command_id: uuid.UUID
    message_id: str
    action: str
    frame: str
    traced_frame: str
    timeout_s: float
    sent_at: datetime
    work: Work


def claim(unit: UnitOfWork, station: Station, version: OcppVersion, ready: bool) -> Claimed | None:
    """The next command to send, marked as sent; None if no command waits.

    Before the charger's boot is accepted, only the request to boot is sent and, while the boot is
    pending, what the version allows (2.0.1 B02.FR.01 and FR.02, 1.6 4.2.1).
    """
    now = clock.now()
    for row in _QUEUED.all(station.id, now):
        command = row_changes.editable(row)
        if not _CURRENT.exists(station.id, station.connection_id):
            return None
        if not _may_go(station, version, ready, command):
            continue
        if command.only_idle and _is_charging(station):
            continue
        try:
            action, payload = compose(unit, version, command)
        except CommandRefused as refused:
            outcomes.fail(
                unit, command, State.REJECTED, ErrorClass.GATEWAY, refused.code, refused.detail
            )
            continue
        claimed = _mark_sent(unit, station, version, command, action, payload, now)
        if claimed is not None:
            return claimed
    return None


def _may_go(station: Station, version: OcppVersion, ready: bool, command: Command) -> bool:
    """Checked before composing, because composing may have effects such as a new password."""
    if ready and station.boot_accepted:
        return True
    action, payload = command.args.get("action"), command.args.get("payload")
    if not COMMAND_TYPES[command.type].verbatim:
        translation = version.commands.get(command.type)
        action = translation.action_for(command) if translation else None
        payload = {"requestedMessage": command.args.get("message")}
    if station.boot_pending and action in version.sent_while_pending:
        return True
    return bool(action == "TriggerMessage" and payload == version.trigger_boot)


def _is_charging(station: Station) -> bool:
    return Transaction.objects.filter(charge_point_id=station.id, ended_at=None).exists()


def compose(unit: UnitOfWork, version: OcppVersion, command: Command) -> tuple[str, dict[str, Any]]:
    """The action and payload of the request, in this version. Raises CommandRefused."""
    action, payload = composing.compose(unit, version, command)
    if password := version.password_in(action, payload):
        passwords.begin_rotation(command, password)
    # The database returns numbers as decimals, which may have too many digits for a frame.
    return action, with_floats(payload)


def _has_more_parts(version: OcppVersion, command: Command, payload: dict[str, Any]) -> bool:
    """Whether a further request of this command needs the arguments."""
    translation = version.commands.get(command.type)
    batched = translation.batched if translation is not None else None
    if batched is None:
        return False
    sent = sum(len(part) for part in payload.values() if isinstance(part, list))
    return batched.answered(command) + sent < batched.asked(command)


def _mark_sent(
    unit: UnitOfWork,
    station: Station,
    version: OcppVersion,
    command: Command,
    action: str,
    payload: dict[str, Any],
    now: datetime,
) -> Claimed | None:
    message_id = str(uuid.uuid4())
    redacted = url_secrets.hidden(version.redacted_request(action, payload))
    command.state, command.sent_at = State.SENT, now
    command.connection_id = station.connection_id
    command.ocpp_version, command.action, command.message_id = version.name, action, message_id
    command.request = redacted
    if redacted is not payload and not _has_more_parts(version, command, payload):
        # The last request of this command: its secrets need not be kept.
        command.args = stored_args(command.type, command.args)
    # Conditional, because the command may have been cancelled since it was read.
    if not row_changes.write(command, unless_changed=("state",)):
        return None
    if not station.boot_accepted:
        station.requested_actions |= version.messages_requested(action, payload)
    frame = ocppj.encode_call(message_id, action, payload)
    traced = version.redacted_for_trace(action, redacted)
    traced_frame = frame if traced is payload else ocppj.encode_call(message_id, action, traced)
    timeout_s = command.timeout_s
    if (late := quirks.setting(station, "call_timeout_s") or 0) > timeout_s:
        timeout_s = late
        quirks.used(unit, station.id, "call_timeout_s")
    work = Work(station.identity, station.id, command.created_at, str(command.pk), command.trace_id)
    return Claimed(command.pk, message_id, action, frame, traced_frame, timeout_s, now, work)
