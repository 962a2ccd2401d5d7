"""Checks for revoked certificates of chargers: lists (CRL, RFC 5280) in files on this machine.

A proxy may use the same lists (`ssl_crl`), and has to be reloaded to read them again. The gateway
reads them again when they change, so that it refuses a charger at its next handshake.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509 import CertificateRevocationList
from django.conf import settings

from chargepoints.services.certificates import chains

logger = logging.getLogger(__name__)

# In CA_DIRECTORY, next to the gateway's own authority (`manage.py revoke_certificate`).
REVOKED_FILE = "revoked.pem"
_A_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----\n?", re.DOTALL)


class NotAList(ValueError):
    """The file contains no list of revoked certificates in PEM."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The lists of a file, and the stamp for which they are valid."""

    stamp: tuple[int, int, int]
    lists: list[CertificateRevocationList]


_kept: dict[Path, _Kept] = {}


def read(path: Path) -> list[CertificateRevocationList]:
    """The lists in a file. Raises NotAList, or OSError."""
    try:
        lists = [x509.load_pem_x509_crl(found) for found in _A_LIST.findall(path.read_bytes())]
    except ValueError as error:
        raise NotAList(str(error)) from error
    if not lists:
        raise NotAList("it contains no `BEGIN X509 CRL`")
    return lists


def files() -> list[Path]:
    """The files of revocation lists, including that of the gateway's own authority."""
    named = [Path(settings.REVOKED_CERTIFICATES)] if settings.REVOKED_CERTIFICATES else []
    if settings.CA_DIRECTORY:
        own = Path(settings.CA_DIRECTORY) / REVOKED_FILE
        named += [own] if own.is_file() and own not in named else []
    return named


def lists() -> list[CertificateRevocationList]:
    """All lists as they are now; reads a file only if its time stamp has changed."""
    return [each for path in files() for each in _lists_of(path)]


def is_revoked(certificate: x509.Certificate) -> bool:
    """Whether its issuer has revoked it, or an authority above it was revoked (RFC 5280, 6.1).

    An expired list still counts: revoked certificates stay revoked.
    """
    known = lists()
    if not known:
        return False
    chain = [certificate, *chains.above(certificate, chains.known())]
    return any(_names(listed, each) for listed in known for each in chain)


def _names(listed: CertificateRevocationList, certificate: x509.Certificate) -> bool:
    number = certificate.serial_number
    return (
        listed.issuer == certificate.issuer
        and listed.get_revoked_certificate_by_serial_number(number) is not None
    )


def ends_at() -> datetime | None:
    """When the first of the lists expires; a proxy that uses it then rejects every charger."""
    ends = [each.next_update_utc for each in lists() if each.next_update_utc is not None]
    return min(ends, default=None)


def _lists_of(path: Path) -> list[CertificateRevocationList]:
    known = _kept.get(path)
    try:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if known is not None and known.stamp == stamp:
            return known.lists
        read_now = _Kept(stamp, read(path))
    except (OSError, NotAList) as error:
        return _as_before(path, known, error)
    _kept[path] = read_now
    logger.info("%s: read; revoked certificates: %s", path, _said(read_now.lists))
    return read_now.lists


def _as_before(
    path: Path, known: _Kept | None, error: Exception
) -> list[CertificateRevocationList]:
    """Somebody may be writing the file: keep the known lists, and log this once."""
    if known is None or known.stamp != (0, 0, 0):
        logger.error("cannot read the list of revoked certificates: %s: %s", path, error)
    _kept[path] = _Kept((0, 0, 0), known.lists if known is not None else [])
    return _kept[path].lists


def _said(lists: list[CertificateRevocationList]) -> str:
    now = datetime.now(UTC)
    return ", ".join(
        f"{len(each)} of {each.issuer.rfc4514_string()}"
        + (" (expired)" if each.next_update_utc and each.next_update_utc < now else "")
        for each in lists
    )
