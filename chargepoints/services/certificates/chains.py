"""Who stands above a charger's certificate.

nginx hands on the charger's own certificate alone: it has no variable for what the charger sent
along, though it has verified that. So the rest of the chain is looked for among the authorities
that are known here: those in the file of CHARGER_AUTHORITIES, and the gateway's own.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings

from chargepoints.services.certificates import authority

logger = logging.getLogger(__name__)

# As deep as nginx looks (`ssl_verify_depth`), and one more.
LONGEST = 4

Certificates = Sequence[x509.Certificate]
# The file as it was when it had this stamp.
_kept: dict[Path, tuple[tuple[int, int, int], Certificates]] = {}


def known() -> Certificates:
    """All authorities, as they are now: a look at the file's stamp where it is the same."""
    named = settings.CHARGER_AUTHORITIES
    found = [*_in_file(Path(named))] if named else []
    if settings.CA_DIRECTORY and (own := authority.load(Path(settings.CA_DIRECTORY))) is not None:
        found.append(own.certificate)
    return found


def above(certificate: x509.Certificate, authorities: Certificates) -> list[x509.Certificate]:
    """The issuer, the issuer's, and so on as far as they are known; a root comes last."""
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
        # It may be being written; who was known stays so.
        logger.warning("the authorities of chargers cannot be read: %s: %s", path, error)
        return certificates
    _kept[path] = now, certificates
    return certificates
