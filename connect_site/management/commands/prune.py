"""Delete history that is older than the settings KEEP_..._DAYS; to be run once a day."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from chargepoints import clock
from chargepoints.services.history import new_partitions, retention
from core_link.retention import events


class Command(BaseCommand):
    help = "Delete history older than KEEP_..._DAYS; run once a day, while the server runs."

    def handle(self, *args: Any, **options: Any) -> None:
        new_partitions.keep_ahead(clock.now())
        for kept in [*retention.histories(), events()]:
            if deleted := retention.prune(kept):
                self.stdout.write(f"{deleted} {kept} older than {kept.days} days deleted")
        call_command("clearsessions")
