"""Why nothing came of a command that the charge point had accepted."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Connector, Status
from chargepoints.services.commands import outcomes
from chargepoints.services.tokens.authorization import Decision, TokenAsked

State = Command.State
ErrorClass = Command.ErrorClass

NO_EFFECT = "no_effect"


def end_without_effect(unit: UnitOfWork, command: Command) -> None:
    """Its time is over: say what can be seen of the reason."""
    error_class = ErrorClass.STATION
    code, detail = _of_start(command)
    if command.charge_point.connection_id is None:
        error_class, code = ErrorClass.TRANSPORT, "offline"
        detail = "accepted, and then the charge point went offline"
    outcomes.fail(unit, command, State.NO_EFFECT, error_class, code, detail)


def token_refused(
    unit: UnitOfWork, charge_point_id: int, token: TokenAsked, decision: Decision
) -> None:
    """The charger asked about the token it was told to start with, and heard no."""
    waiting = Command.objects.filter(
        charge_point_id=charge_point_id,
        type="start",
        state__in=[State.SENT, State.ACCEPTED],
        finished_at=None,
    )
    for command in waiting:
        if command.args["id_token"]["value"].lower() == token.value.lower():
            detail = f"the charge point asked about the token: it is {decision.status}"
            outcomes.fail(
                unit, command, State.NO_EFFECT, ErrorClass.GATEWAY, "token_refused", detail
            )


# By the most promising of the connectors that were meant: it is the one a car would be at.
_WHY_NO_START = {
    Status.OCCUPIED: (NO_EFFECT, "a car is plugged in, but no transaction began"),
    Status.AVAILABLE: ("no_cable", "nobody plugged in a car in time"),
    Status.RESERVED: ("connector_reserved", "the connector is held for a reservation"),
    Status.FAULTED: ("connector_faulted", "the connector reports a fault"),
    Status.UNAVAILABLE: ("connector_unavailable", "the connector is out of service"),
}


def _of_start(command: Command) -> tuple[str, str]:
    """Code and detail; of other commands than a start nothing more is known."""
    statuses = Connector.objects.none().values_list("status", flat=True)
    if command.type == "start":
        statuses = Connector.objects.filter(
            evse__charge_point_id=command.charge_point_id
        ).values_list("status", flat=True)
        if (evse_id := command.args.get("evse_id")) is not None:
            statuses = statuses.filter(evse__evse_id=evse_id)
    seen = set(statuses)
    for status, why in _WHY_NO_START.items():
        if status in seen:
            return why
    return NO_EFFECT, "accepted, but nothing was seen of it in time"
