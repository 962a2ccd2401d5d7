"""Reasons why an accepted command had no effect."""

from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Connection
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.tokens.authorization import Decision, TokenAsked

State = Command.State
ErrorClass = Command.ErrorClass

# Types for whose token the charger may request authorization, and the argument that contains it.
_TOKENS = {type: kind.asked_about for type, kind in COMMAND_TYPES.items() if kind.asked_about}

_WAITING: PreparedQuery[Command] = PreparedQuery(
    lambda charge_point_id: Command.objects.filter(
        charge_point_id=charge_point_id,
        type__in=sorted(_TOKENS),
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
)


def end_without_effect(unit: UnitOfWork, command: Command) -> None:
    """End a command after its deadline, with the reason if it can be found."""
    error_class: str = ErrorClass.STATION
    code, detail = COMMAND_TYPES[command.type].why_no_effect(command)
    if command.charge_point.connection_id is None:
        error_class, code, detail = _offline(command)
    outcomes.fail(unit, command, State.NO_EFFECT, error_class, code, detail)


def _offline(command: Command) -> tuple[str, str, str]:
    """Whether the charge point disconnected, or the gateway restarted."""
    latest = Connection.objects.filter(charge_point_id=command.charge_point_id).first()
    if latest is not None and latest.close_reason in Connection.OF_THE_SERVER:
        detail = f"accepted; then {latest.close_reason}; the charge point is not back yet"
        return ErrorClass.GATEWAY, "gateway_restarted", detail
    detail = "accepted; then the charge point went offline"
    return ErrorClass.TRANSPORT, "offline", detail


def token_refused(
    unit: UnitOfWork, charge_point_id: int, token: TokenAsked, decision: Decision
) -> None:
    """The charger requested authorization for the token of a start command, and it was refused."""
    for command in _WAITING.all(charge_point_id):
        if command.args[_TOKENS[command.type]]["value"].lower() == token.value.lower():
            detail = f"the charge point asked about the token, which is {decision.status}"
            code = outcomes.TOKEN_REFUSED
            outcomes.fail(unit, command, State.NO_EFFECT, ErrorClass.GATEWAY, code, detail)
