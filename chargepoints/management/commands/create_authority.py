"""`manage.py create_authority`: the gateway's own certificate authority for charging stations."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.services.certificates import authority, revoking

# RFC 5280: ub-common-name.
LONGEST_NAME = 64


class Command(BaseCommand):
    help = "Creates the key and the certificate of the gateway's own authority in CA_DIRECTORY."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="OCPP gateway", help="the authority's common name")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CA_DIRECTORY:
            raise CommandError("Set CA_DIRECTORY to the directory for the authority.")
        if not 1 <= len(options["name"]) <= LONGEST_NAME:
            raise CommandError(f"the name must have 1 to {LONGEST_NAME} characters")
        directory = Path(settings.CA_DIRECTORY)
        try:
            authority.create(directory, options["name"])
            revoking.begin(directory)
        except FileExistsError:
            raise CommandError(f"There is already an authority in {directory}.") from None
        except OSError as error:
            raise CommandError(f"cannot write to {directory}: {error.strerror}") from error
        self.stdout.write(str(directory / authority.CERTIFICATE_FILE))
