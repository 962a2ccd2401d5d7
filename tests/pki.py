"""Certificates for tests: roots, requests, and what they sign."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


def name(common_name: str, organization: str = "Acme") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def root_certificate(common_name: str) -> str:
    """A self-signed root (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(PEM).decode()


def signing_request(
    common_name: str, curve: ec.EllipticCurve | None = None, organization: str = "Acme"
) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """A certificate signing request (PEM) and its key."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name(common_name, organization))
        .sign(key, hashes.SHA256())
    )
    return csr.public_bytes(PEM).decode(), key


@dataclass
class Issued:
    """A certificate and its key, PEM, in files as servers and clients want them."""

    certificate: Path
    key: Path


class Issuer:
    """A certificate authority that issues what tests ask for."""

    def __init__(
        self, directory: Path, common_name: str, above: "Issuer | None" = None, *, days: int = 30
    ) -> None:
        """A root, or an intermediate of the one `above`, whose file has that one too."""
        self._directory = directory
        self._name = name(common_name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._numbers = itertools.count(1)
        signer = above or self
        builder = signer._builder(self._name, self._key.public_key(), days)
        own = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=1 if above is None else 0), critical=True
        ).sign(signer._key, hashes.SHA256())
        self.root = directory / f"{common_name.replace(' ', '-')}.pem"
        chain = above.root.read_bytes() if above is not None else b""
        self.root.write_bytes(own.public_bytes(PEM) + chain)

    def issue(
        self,
        common_name: str,
        *,
        days: int = 10,
        rsa_key: bool = False,
        address: str | None = None,
        organization: str = "Acme",
        serial_number: int | None = None,
    ) -> Issued:
        """`days` below zero: it has expired so long ago."""
        key = (
            rsa.generate_private_key(65537, 2048)
            if rsa_key
            else ec.generate_private_key(ec.SECP256R1())
        )
        builder = self._builder(
            name(common_name, organization), key.public_key(), days, serial_number
        )
        if address is not None:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        base = self._directory / f"issued-{next(self._numbers)}-{common_name[:20]}"
        issued = Issued(base.with_suffix(".pem"), base.with_suffix(".key"))
        issued.certificate.write_bytes(certificate.public_bytes(PEM))
        issued.key.write_bytes(private_pem(key))
        return issued

    @property
    def revoked(self) -> Path:
        return self.root.with_suffix(".revoked")

    def revoke(self, *issued: "Issued | Issuer", at: Path | None = None, days: int = 10) -> None:
        """The list of those that are revoked, in `revoked` or another file."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(now - timedelta(days=60))
        builder = builder.next_update(now + timedelta(days=days))
        for each in issued:
            file = each.root if isinstance(each, Issuer) else each.certificate
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now).build())
        listed = builder.sign(self._key, hashes.SHA256())
        (at or self.revoked).write_bytes(listed.public_bytes(PEM))

    def _builder(
        self, subject: x509.Name, public_key: Any, days: int, serial_number: int | None = None
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(serial_number or x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
        )


def private_pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
