"""Writes the certificate revocation list of the gateway's own authority (RFC 5280, 5)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import RevokedCertificate

from chargepoints.services.certificates import authority, revocations
from chargepoints.services.certificates.revocations import REVOKED_FILE


class NoAuthority(ValueError):
    """This directory contains no authority."""


def begin(directory: Path) -> Path:
    """Create an empty list, unless there is one. Raises NoAuthority."""
    path = directory / REVOKED_FILE
    if not path.exists():
        _write(directory, [])
    return path


def revoke(directory: Path, serial_number: int) -> Path:
    """Add a certificate to the list, unless it is there already. Raises NoAuthority."""
    known = _known(directory)
    if all(each.serial_number != serial_number for each in known):
        now = datetime.now(UTC)
        builder = x509.RevokedCertificateBuilder().serial_number(serial_number)
        known.append(builder.revocation_date(now).build())
        _write(directory, known)
    return directory / REVOKED_FILE


def _known(directory: Path) -> list[RevokedCertificate]:
    path = directory / REVOKED_FILE
    if not path.exists():
        return []
    return [each for listed in revocations.read(path) for each in listed]


def _write(directory: Path, revoked: Iterable[RevokedCertificate]) -> None:
    own = authority.load(directory)
    if own is None:
        raise NoAuthority(f"no authority in {directory}: run `manage.py create_authority` first")
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().last_update(now)
    # A proxy with an expired list rejects every client. This one is replaced at each revocation,
    # and is valid as long as the authority itself.
    builder = builder.next_update(own.certificate.not_valid_after_utc)
    # RFC 5280, 5.2.3: each list has a greater number than the previous one.
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    for each in revoked:
        builder = builder.add_revoked_certificate(each)
    text = own.sign_list(builder).public_bytes(Encoding.PEM)
    # Replaced in one step, so that readers never see half a list.
    draft = directory / f"{REVOKED_FILE}.new"
    draft.write_bytes(text)
    draft.replace(directory / REVOKED_FILE)
