"""Delete what is older than the settings KEEP_..._DAYS allow; to be run once a day."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from chargepoints.services.history import retention
from core_link.retention import events


class Command(BaseCommand):
    help = "Delete old history, as KEEP_..._DAYS say; beside a running server, once a day."

    def handle(self, *args: Any, **options: Any) -> None:
        for kept in [*retention.histories(), events()]:
            if deleted := retention.prune(kept):
                self.stdout.write(f"{deleted} {kept} older than {kept.days} days deleted")
        call_command("clearsessions")
