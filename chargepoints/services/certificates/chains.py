"""Finds the authorities above a charger's certificate.

nginx forwards only the charger's own certificate: it verifies the other certificates that the
charger sent, but has no variable for them. So the rest of the chain is searched among the known
authorities: those in the file CHARGER_AUTHORITIES, and the gateway's own.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings

from chargepoints.services.certificates import authority

logger = logging.getLogger(__name__)

# nginx's `ssl_verify_depth`, and one more.
LONGEST = 4

Certificates = Sequence[x509.Certificate]
# The content of a file, and the stamp for which it is valid.
_kept: dict[Path, tuple[tuple[int, int, int], Certificates]] = {}


def known() -> Certificates:
    """All authorities as they are now; a file is read again only if its stamp has changed."""
    named = settings.CHARGER_AUTHORITIES
    found = [*_in_file(Path(named))] if named else []
    if settings.CA_DIRECTORY and (own := authority.load(Path(settings.CA_DIRECTORY))) is not None:
        found.append(own.certificate)
    return found


def above(certificate: x509.Certificate, authorities: Certificates) -> list[x509.Certificate]:
    """The issuer, its issuer, and so on, as far as they are known; a root comes last."""
    found: list[x509.Certificate] = []
    while len(found) < LONGEST and certificate.issuer != certificate.subject:
        issuer = next((each for each in authorities if _has_signed(each, certificate)), None)
        if issuer is None:
            break
        found.append(issuer)
        certificate = issuer
    return found


def _has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _in_file(path: Path) -> Certificates:
    stamp, certificates = _kept.get(path, ((0, 0, 0), ()))
    try:
        seen = path.stat()
        now = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if now != stamp:
            certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        # Somebody may be writing the file; keep the known authorities.
        logger.warning("cannot read the authorities of chargers: %s: %s", path, error)
        return certificates
    _kept[path] = now, certificates
    return certificates
