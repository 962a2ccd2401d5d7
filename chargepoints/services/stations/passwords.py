"""Rotates a charge point's password without locking it out when an answer is lost.

After the new password is sent, both passwords are valid until the charge point accepts the new
one, or connects with it; then the old ones are deleted. The password itself is only in the frame,
never in a row.
"""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Credential
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES

_EFFECT = "password:"


def begin_rotation(command: Command, password: str) -> None:
    """Create the credential of a new password; its first use is the effect of the command."""
    credential = Credential.for_key(command.charge_point, password.encode())
    credential.save()
    command.effect_key = f"{_EFFECT}{credential.pk}"


def answered(command: Command, status: str) -> None:
    """Accepted: delete the old passwords (A01.FR.03). Until a required reboot, both stay valid."""
    if not command.effect_key.startswith(_EFFECT):
        return
    number = int(command.effect_key.removeprefix(_EFFECT))
    if status == "Accepted":
        _forget_before(command.charge_point_id, number)
    elif status != "RebootRequired":
        # A01.FR.04: delete the password that the charge point rejected.
        Credential.objects.filter(pk=number).delete()
    if COMMAND_TYPES[command.type].verbatim:
        # A raw request waits only for the answer.
        command.effect_key = ""


def used(unit: UnitOfWork, credential: Credential, *, alone: bool) -> None:
    """A charge point connected with a password for the first time: delete the earlier ones."""
    if not alone:
        _forget_before(credential.charge_point_id, credential.pk)
    outcomes.confirm_effect(unit, credential.charge_point_id, f"{_EFFECT}{credential.pk}")


def _forget_before(charge_point_id: int, number: int) -> None:
    Credential.objects.filter(charge_point_id=charge_point_id, pk__lt=number).delete()
