"""The data of the demonstration before the first charger connects."""

from django.contrib.auth import get_user_model
from django.core.management import call_command

from chargepoints.models import ChargePoint
from chargepoints.services.stations import registry
from tests.fakes.fleet import FLEET

USER = "admin"


def prepare(admin_password: str) -> dict[str, str]:
    """Migrate, and create the admin user and the charge points; return the key of each.

    Keys are new each time, because a command of the last run may have changed them.
    """
    call_command("migrate", verbosity=0)
    _admin_user(admin_password)
    keys = {}
    for member in FLEET:
        keys[member.identity] = registry.new_key()
        known = ChargePoint.objects.filter(identity=member.identity).first()
        if known:
            registry.set_key(known, keys[member.identity])
        else:
            registry.register(
                member.identity, key=keys[member.identity], name=member.name, site="Depot"
            )
    return keys


def _admin_user(password: str) -> None:
    users = get_user_model()._default_manager
    user, _ = users.get_or_create(username=USER, defaults={"email": "admin@example.com"})
    user.is_staff = user.is_superuser = user.is_active = True
    # Setting the same password again would end all sessions.
    if not user.check_password(password):
        user.set_password(password)
    user.save()
