"""Transactions that a start command has started."""

from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.tokens.authorization import TokenAsked
from chargepoints.services.transactions.lifecycle import start_effect


def token_of(inbound: Inbound, remote_start_id: int | None) -> TokenAsked | None:
    """The token of the start command with this id: some stations send only the id."""
    if remote_start_id is None:
        return None
    command = Command.objects.filter(
        charge_point_id=inbound.station.id,
        type="start",
        effect_key=start_effect(str(remote_start_id)),
    ).first()
    if command is None:
        return None
    inbound.deviate("token_of_the_remote_start")
    token = command.args["id_token"]
    return TokenAsked(token["value"], token.get("type") or "")
