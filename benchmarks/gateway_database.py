"""What the benchmark asks of the gateway's database, in a process with the gateway's environment.

`python -m benchmarks.gateway_database prepare COUNT PASSWORD`: migrate, register chargers and the
token that they charge with;
`python -m benchmarks.gateway_database stored`: the number of messages from chargers.
"""

from __future__ import annotations

import os
import sys


def prepare(count: int, password: str) -> None:
    from django.core.management import call_command
    from django.db import transaction

    from benchmarks.load.charger import identity_of
    from benchmarks.load.mixes_v16 import TOKEN
    from chargepoints.models import IdToken
    from chargepoints.services.stations.registry import register

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for number in range(count):
            register(identity_of(number), key=password)
        IdToken.objects.create(value=TOKEN)


def stored() -> None:
    from chargepoints.models import Message

    print(Message.objects.filter(direction=Message.Direction.FROM_CHARGER).count())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
    import django

    django.setup()
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), sys.argv[3])
    else:
        stored()
