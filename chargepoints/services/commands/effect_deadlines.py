"""How long an accepted command may take until its effect."""

from datetime import datetime, timedelta

from chargepoints.models import Command
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.device_model import variables

# A station may wait for the end of a transaction before it executes a scheduled request.
LONGEST_TRANSACTION_S = 24 * 3600
# The longest reported connection timeout that is used, and the time for the first message after it.
LONGEST_PLUG_IN_S = 24 * 3600
FIRST_MESSAGE_S = 60


def deadline(command: Command, accepted_at: datetime, within_s: int) -> datetime:
    """By the command's type and the times in its arguments; `within_s`: by its answer."""
    declared, args = COMMAND_TYPES[command.type], command.args
    named = [datetime.fromisoformat(args[name]) for name in declared.effect_after if name in args]
    by_type = max([accepted_at, *named]) + timedelta(seconds=declared.effect_within_s)
    return max(by_type, accepted_at + timedelta(seconds=within_s))


def start_within_s(charge_point_id: int, component: str, variable: str) -> int:
    """How long a start may take: the charge point's connection timeout, if known."""
    given = variables.limit(charge_point_id, component, variable, "") or 0
    return min(given, LONGEST_PLUG_IN_S) + FIRST_MESSAGE_S
