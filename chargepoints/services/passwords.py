"""A charge point's password changed by itself: no answer that is lost locks it out.

From the moment the new password is sent both open the door, until the new one is used; then the
old ones are forgotten. The password itself is in the frame alone, never in a row.
"""

from chargepoints.models import Command, Credential
from chargepoints.services import charge_points, commands
from chargepoints.unit_of_work import UnitOfWork

_EFFECT = "password:"


def begin_rotation(command: Command) -> str:
    """A new password, which the command's effect will be the use of."""
    password = charge_points.new_key()
    credential = Credential.for_key(command.charge_point, password.encode())
    credential.save()
    command.effect_key = f"{_EFFECT}{credential.pk}"
    return password


def refused(command: Command) -> None:
    """The charge point said no: the password it did not take opens nothing."""
    if command.effect_key.startswith(_EFFECT):
        Credential.objects.filter(pk=command.effect_key.removeprefix(_EFFECT)).delete()


def used(unit: UnitOfWork, credential: Credential) -> None:
    """A password opened the door for the first time: what came before it no longer does."""
    earlier = Credential.objects.filter(charge_point_id=credential.charge_point_id)
    earlier.filter(pk__lt=credential.pk).delete()
    commands.confirm_effect(unit, credential.charge_point_id, f"{_EFFECT}{credential.pk}")
