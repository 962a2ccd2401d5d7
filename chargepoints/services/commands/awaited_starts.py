"""Finds the start command of a transaction that does not contain its remote start id."""

from datetime import datetime, timedelta

from chargepoints.database.case_insensitive import filter_ignoring_case
from chargepoints.models import Command, Evse, LocalListEntry, TokenDecision

State = Command.State

# Clocks of chargers differ, and many report whole seconds.
EARLIER_THAN_SENT = timedelta(seconds=30)


def of_token(charge_point_id: int, evse_id: int | None, token: str) -> list[str]:
    """The effect keys of start commands for this token, for this EVSE or for any."""
    return [
        command.effect_key
        for command in _waiting(charge_point_id)
        if command.args["id_token"]["value"].lower() == token.lower()
        and command.args.get("evse_id") in (None, evse_id)
    ]


def of_another_token(
    charge_point_id: int, evse_id: int | None, token: str | None, started_at: datetime
) -> list[str]:
    """The effect key of the only start command that matches by place and time, with any token: some
    chargers start under another token. `token` None: the charger reported a remote start.
    """
    commands = [
        command
        for command in _waiting(charge_point_id)
        if command.sent_at is not None and command.args.get("evse_id") in (None, evse_id)
    ]
    if len(commands) != 1:
        return []
    (command,) = commands
    if "evse_id" not in command.args and _has_several(charge_point_id):
        return []
    if started_at < command.sent_at - EARLIER_THAN_SENT:  # type: ignore[operator]
        return []
    if token is not None and _was_presented(charge_point_id, token, command.sent_at):
        return []
    return [command.effect_key]


def _waiting(charge_point_id: int) -> list[Command]:
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        type="start",
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
    return list(waiting.exclude(effect_key="").order_by("created_at"))


def _has_several(charge_point_id: int) -> bool:
    return Evse.objects.filter(charge_point_id=charge_point_id).count() > 1


def _was_presented(charge_point_id: int, token: str, since: datetime | None) -> bool:
    """Whether a driver may have presented this token: the charger asked for its authorization, or
    has it in its local list.
    """
    asked = TokenDecision.objects.filter(charge_point_id=charge_point_id, asked_at__gte=since)
    listed = LocalListEntry.objects.filter(local_list__charge_point_id=charge_point_id)
    return (
        filter_ignoring_case(asked, id_token=token).exists()
        or filter_ignoring_case(listed, value=token).exists()
    )
