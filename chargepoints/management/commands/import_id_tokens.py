"""`manage.py import_id_tokens FILE`: import the gateway's own tokens from CSV."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.services.csv_tables import CsvRefused
from chargepoints.services.tokens import id_token_csv


class Command(BaseCommand):
    help = "Creates and updates the gateway's own tokens from a CSV file: all lines, or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="UTF-8, column names in the first line; -: standard input")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            loaded = id_token_csv.load(content)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from None
        except CsvRefused as refused:
            raise CommandError("nothing was imported\n" + "\n".join(refused.faults)) from None
        self.stdout.write(f"{loaded}.")
