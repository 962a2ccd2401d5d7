"""A charge point's password changed by itself: no answer that is lost locks it out.

From the moment the new password is sent both open the door, until the charge point says that it
has taken it, or uses it; then the old ones are forgotten. The password itself is in the frame
alone, never in a row.
"""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Credential
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES

_EFFECT = "password:"


def begin_rotation(command: Command, password: str) -> None:
    """A new password, which the command's effect will be the use of."""
    credential = Credential.for_key(command.charge_point, password.encode())
    credential.save()
    command.effect_key = f"{_EFFECT}{credential.pk}"


def answered(command: Command, status: str) -> None:
    """Accepted: the old ones open nothing any more (A01.FR.03). With a reboot to come both do."""
    if not command.effect_key.startswith(_EFFECT):
        return
    number = int(command.effect_key.removeprefix(_EFFECT))
    if status == "Accepted":
        _forget_before(command.charge_point_id, number)
    elif status != "RebootRequired":
        # A01.FR.04: the password that it did not take opens nothing.
        Credential.objects.filter(pk=number).delete()
    if COMMAND_TYPES[command.type].verbatim:
        # Nobody waits for more than the answer.
        command.effect_key = ""


def used(unit: UnitOfWork, credential: Credential, *, alone: bool) -> None:
    """A password opened the door for the first time: what came before it no longer does."""
    if not alone:
        _forget_before(credential.charge_point_id, credential.pk)
    outcomes.confirm_effect(unit, credential.charge_point_id, f"{_EFFECT}{credential.pk}")


def _forget_before(charge_point_id: int, number: int) -> None:
    Credential.objects.filter(charge_point_id=charge_point_id, pk__lt=number).delete()
