"""Migrates the database of DATABASE_URL and registers the chargers of the benchmark.

`python -m benchmarks.register_chargers COUNT PASSWORD`, in the gateway's environment.
"""

from __future__ import annotations

import os
import sys


def main(count: int, password: str) -> None:
    from django.core.management import call_command
    from django.db import transaction

    from benchmarks.load.charger import identity_of
    from chargepoints.services.charge_points import register

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for number in range(count):
            register(identity_of(number), key=password)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
    import django

    django.setup()
    main(int(sys.argv[1]), sys.argv[2])
