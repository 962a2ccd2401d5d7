"""`manage.py certificate_watch`: which charge points a change of certificates would shut out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints import clock
from chargepoints.management.numbers import between
from chargepoints.services.certificates import watch

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Lists the charge points that could no longer connect, when, and why: because certificates "
        "expire soon, or if these certificates (PEM files) replaced the present ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--server", type=Path, help="the server's new certificate and chain")
        parser.add_argument(
            "--authorities", type=Path, help="the new authorities for client certificates"
        )
        days = between(1, LONGEST_DAYS)
        parser.add_argument("--days", type=days, default=90, help="how many days to look ahead")

    def handle(self, *args: Any, **options: Any) -> None:
        change = watch.Change(_read(options["server"]), _read(options["authorities"]))
        answer = watch.look(change, clock.now() + timedelta(days=options["days"]))
        for fall in answer.falls:
            at = "at once" if fall.at is None else f"{fall.at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{at}\t{fall.identity}\t{fall.why}")
        for _, identity in answer.unknown:
            self.stdout.write(f"unknown\t{identity}\tit never reported its installed roots")
        self.stderr.write(
            f"{len(answer.falls)} of {answer.looked_at} charge points with TLS; "
            f"{len(answer.unknown)} unknown"
        )


def _read(path: Path | None) -> list[x509.Certificate]:
    if path is None:
        return []
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
