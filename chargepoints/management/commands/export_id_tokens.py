"""`manage.py export_id_tokens`: the gateway's own tokens as CSV, on standard output."""

from typing import Any

from django.core.management.base import BaseCommand

from chargepoints.services.tokens import id_token_csv


class Command(BaseCommand):
    help = "Writes the gateway's own tokens, without key codes, as CSV to standard output."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(id_token_csv.write(), ending="")
