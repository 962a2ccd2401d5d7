"""Checks TLS and the client certificate: security profiles 2 and 3 (2.0.1 A00, whitepaper 2).

The proxy terminates TLS. It sends `X-Forwarded-Proto`; the verified client certificate in
`X-Client-Cert` (PEM, percent-encoded), or in `X-Client-Cert-Fault` why verification failed;
and the TLS version and cipher suite in `X-TLS-Version` and `X-TLS-Suite`. These headers are
accepted from the proxy's own socket only; the server drops them from all other requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.oid import NameOID

from chargepoints.models import ChargePoint
from chargepoints.services.certificates import authority, revocations

TLS_FROM = 2
CERTIFICATE_FROM = 3


@dataclass(frozen=True, slots=True)
class Secured:
    """`certificate`: the client's, verified by the proxy; `common_name`: of its subject, or empty.
    `fault`: why the proxy could not verify the certificate.

    `version` and `suite`: as the proxy names them (TLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256).
    """

    by_tls: bool = False
    common_name: str = ""
    organization: str = ""
    fault: str = ""
    version: str = ""
    suite: str = ""
    certificate: x509.Certificate | None = None


def read(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Secured:
    if scope.get("scheme") != "wss":
        return Secured()

    def said(name: bytes) -> str:
        return headers.get(name, b"").decode("latin1")

    secured = Secured(
        by_tls=True, version=said(b"x-tls-version")[:20], suite=said(b"x-tls-suite")[:60]
    )
    pem = unquote(said(b"x-client-cert"))
    if not pem:
        return replace(secured, fault=said(b"x-client-cert-fault")[:100])
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("latin1"))
        subject, _ = certificate.subject, certificate.issuer  # parsed here: both may be invalid
    except ValueError:
        return secured
    return replace(
        secured,
        common_name=authority.of_subject(subject, NameOID.COMMON_NAME),
        organization=authority.of_subject(subject, NameOID.ORGANIZATION_NAME),
        certificate=certificate,
    )


def missing(profile: int, secured: Secured, charge_point: ChargePoint) -> tuple[str, str] | None:
    """The requirement that the connection does not meet: (reason, remedy for staff)."""
    if secured.fault:
        # A00.FR.407, FR.408; checked for all profiles.
        return "bad_certificate", f"Give the charger a new client certificate: {secured.fault}."
    if secured.certificate is not None and revocations.is_revoked(secured.certificate):
        # A00.FR.702; checked for all profiles.
        return "revoked_certificate", "Its client certificate was revoked: give it a new one."
    if profile >= TLS_FROM and not secured.by_tls:
        return "no_tls", "Set the charger to a wss:// address: its profile asks for TLS."
    if profile < CERTIFICATE_FROM:
        return None
    if not secured.common_name:
        return "no_certificate", "Give the charger a client certificate: its profile asks for one."
    return _foreign(secured, charge_point)


def _foreign(secured: Secured, charge_point: ChargePoint) -> tuple[str, str] | None:
    """Refuse a valid certificate that belongs to another station or operator."""
    # A00.FR.405, FR.511.
    own = {charge_point.serial_number.lower(), charge_point.identity.lower()} - {""}
    if secured.common_name.lower() not in own:
        return "foreign_certificate", "The certificate is another charger's; give it its own."
    if not authority.is_of_operator(secured.organization):
        # A00.FR.404.
        return "foreign_organization", "The certificate names another operator (OPERATOR_NAMES)."
    return None
