"""What TLS has to show of a charge point: security profiles 2 and 3 (2.0.1 A00, whitepaper 2).

The proxy ends TLS. It says so by `X-Forwarded-Proto`, and hands over the client's certificate,
which it has verified, in `X-Client-Cert`: PEM, percent-encoded; or in `X-Client-Cert-Fault` why
it could not; and how the connection is secured in `X-TLS-Version` and `X-TLS-Suite`. Only what
comes through the proxy's own socket may hold these headers; the server drops them from everybody
else.
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
    """`certificate`: the client's, which the proxy verified; `common_name`: its own, empty where
    there was none. `fault`: why the proxy could not verify the one that there was.

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
        subject, _ = certificate.subject, certificate.issuer  # read here, where they may be odd
    except ValueError:
        return secured
    return replace(
        secured,
        common_name=authority.of_subject(subject, NameOID.COMMON_NAME),
        organization=authority.of_subject(subject, NameOID.ORGANIZATION_NAME),
        certificate=certificate,
    )


def missing(profile: int, secured: Secured, charge_point: ChargePoint) -> tuple[str, str] | None:
    """What the profile asks for and the connection lacks: (reason, remedy for staff)."""
    if secured.fault:
        # A00.FR.407, FR.408; whatever else it may have.
        return "bad_certificate", f"Give the charger a new client certificate: {secured.fault}."
    if secured.certificate is not None and revocations.is_revoked(secured.certificate):
        # A00.FR.702: whatever its profile.
        return "revoked_certificate", "Its client certificate was revoked: give it a new one."
    if profile >= TLS_FROM and not secured.by_tls:
        return "no_tls", "Set the charger to a wss:// address: its profile asks for TLS."
    if profile < CERTIFICATE_FROM:
        return None
    if not secured.common_name:
        return "no_certificate", "Give the charger a client certificate: its profile asks for one."
    return _foreign(secured, charge_point)


def _foreign(secured: Secured, charge_point: ChargePoint) -> tuple[str, str] | None:
    """A valid certificate, but of another station or operator, opens nothing."""
    # A00.FR.405, FR.511.
    own = {charge_point.serial_number.lower(), charge_point.identity.lower()} - {""}
    if secured.common_name.lower() not in own:
        return "foreign_certificate", "The certificate is another charger's; give it its own."
    if not authority.is_of_operator(secured.organization):
        # A00.FR.404.
        return "foreign_organization", "The certificate names another operator (OPERATOR_NAMES)."
    return None
