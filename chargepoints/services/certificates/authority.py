"""The gateway's own certificate authority for charging stations, if core has none.

Its key and certificate are files in CA_DIRECTORY, made by `manage.py create_authority`; the
proxy that terminates TLS trusts the certificate (security profile 3).
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

CERTIFICATE_FILE = "authority.pem"
KEY_FILE = "authority.key"
AUTHORITY_DAYS = 3650
STATION_DAYS = 365
# A00.FR.502, FR.503: RSA with 2048 bits, or a curve with 224.
LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 224
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class SigningRefused(ValueError):
    """The request is refused; the text says why."""


class Authority:
    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    def sign(self, csr_pem: str, identity: str, serial_number: str) -> str:
        """The chain (PEM) for a charging station's request. Raises SigningRefused.

        The common name must be the station's own serial number or identity (A00.FR.511), because a
        certificate in another name would let it connect as another station. Its organization is
        the operator (A00.FR.404, FR.509).
        """
        csr = _read(csr_pem)
        own = {name.lower() for name in (identity, serial_number) if name}
        if of_subject(csr.subject, NameOID.COMMON_NAME).lower() not in own:
            raise SigningRefused("the common name is not this station's serial number or identity")
        if not is_of_operator(of_subject(csr.subject, NameOID.ORGANIZATION_NAME)):
            raise SigningRefused("the organization is not the operator (OPERATOR_NAMES)")
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(csr.subject)
            .issuer_name(self.certificate.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=STATION_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_of(_strong_key(csr)), critical=False)
            .add_extension(_signed_by(self._key.public_key()), critical=False)
            # A00.FR.512, FR.514: a key usage, but no extended key usage.
            .add_extension(_usage(digital_signature=True, key_agreement=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(certificate) + _pem(self.certificate)

    def sign_list(
        self, builder: x509.CertificateRevocationListBuilder
    ) -> x509.CertificateRevocationList:
        """Sign a list of revoked certificates."""
        return builder.issuer_name(self.certificate.subject).sign(self._key, hashes.SHA256())


def create(directory: Path, name: str) -> None:
    """Create the key and the certificate. Raises FileExistsError if there is a key already."""
    directory.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_of(key.public_key()), critical=False)
        .add_extension(_signed_by(key.public_key()), critical=False)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Not readable by other users, and never over an existing key.
    handle = os.open(directory / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
    (directory / CERTIFICATE_FILE).write_text(_pem(certificate))


@cache
def load(directory: Path) -> Authority | None:
    """The authority in this directory; None if the directory has none."""
    if not (directory / KEY_FILE).is_file():
        return None
    certificate = x509.load_pem_x509_certificate((directory / CERTIFICATE_FILE).read_bytes())
    key = serialization.load_pem_private_key((directory / KEY_FILE).read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{directory / KEY_FILE} does not contain an EC key")
    return Authority(certificate, key)


def of_subject(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The first value of this attribute, or an empty text."""
    attributes = subject.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else ""


def is_of_operator(organization: str) -> bool:
    """Whether the organization's name contains the operator's, or a trusted one's (A00.FR.404)."""
    names: list[str] = settings.OPERATOR_NAMES
    return not names or any(name.lower() in organization.lower() for name in names)


# RFC 5280, 4.2.1.1 and 4.2.1.2: strict verifiers require both.
_key_of = x509.SubjectKeyIdentifier.from_public_key
_signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key


def _usage(**allowed: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**(dict.fromkeys(USAGES, False) | allowed))


def _read(csr_pem: str) -> x509.CertificateSigningRequest:
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
    except ValueError as error:
        raise SigningRefused("this is not a certificate signing request") from error
    if not csr.is_signature_valid:
        raise SigningRefused("the request is not signed with its own key")
    return csr


def _strong_key(
    csr: x509.CertificateSigningRequest,
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    key = csr.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= LEAST_EC_BITS:
        return key
    raise SigningRefused("the key is too weak or of an unknown type")


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
