"""`manage.py revoke_certificate`: a charger's, signed by the gateway's own authority."""

from pathlib import Path
from typing import Any

from cryptography import x509
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.models import SeenTls
from chargepoints.services.certificates import authority, revoking
from chargepoints.services.certificates.revoking import NoAuthority


class Command(BaseCommand):
    help = (
        "Revokes a client certificate of a charger: the gateway refuses it at the next handshake. "
        "Prints the path of the list (CRL); copy it to the proxy and reload that."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--charger", help="the last certificate that this charger used")
        which.add_argument("--certificate", type=Path, help="the certificate in this PEM file")
        which.add_argument("--serial", help="the certificate with this serial number, hexadecimal")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CA_DIRECTORY:
            raise CommandError("Set CA_DIRECTORY: it contains the list of the gateway's authority.")
        directory = Path(settings.CA_DIRECTORY)
        try:
            path = revoking.revoke(directory, self._number(directory, options))
        except (NoAuthority, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(path))

    def _number(self, directory: Path, options: dict[str, Any]) -> int:
        """The serial number; raises CommandError if another authority signed the certificate."""
        if options["charger"]:
            return self._last_of(directory, options["charger"])
        try:
            if options["serial"]:
                return int(options["serial"].replace(":", ""), 16)
            certificate = x509.load_pem_x509_certificate(options["certificate"].read_bytes())
        except (ValueError, OSError) as error:
            raise CommandError(f"That is not a certificate: {error}") from error
        self._check_issuer(directory, certificate.issuer.rfc4514_string())
        return certificate.serial_number

    def _last_of(self, directory: Path, identity: str) -> int:
        seen = SeenTls.objects.filter(charge_point__identity__iexact=identity).first()
        if seen is None or not seen.certificate_serial:
            raise CommandError(f"{identity} has never connected with a certificate.")
        self._check_issuer(directory, seen.certificate_issuer)
        return int(seen.certificate_serial, 16)

    def _check_issuer(self, directory: Path, issuer: str) -> None:
        own = authority.load(directory)
        if own is not None and own.certificate.subject.rfc4514_string() != issuer:
            raise CommandError(f"It was issued by {issuer}, not by the gateway's own authority.")
