"""OCSP (RFC 6960): the request for a certificate identified by hashes, and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ExtendedKeyUsage, ExtensionNotFound, Name, ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID

from chargepoints.services.certificates.installed_certificates import ALGORITHMS

MEDIA_TYPE = "application/ocsp-request"
# How far the responder's clock may be ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


class NoStatus(ValueError):
    """No request is possible, or there is no answer, for this certificate; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request (DER), and the URL of its responder."""

    url: str
    request: bytes
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    algorithm: HashAlgorithm


def compose(data: dict[str, Any]) -> Asked:
    """The request for OCPP's OCSPRequestDataType. Raises NoStatus."""
    try:
        issuer_name_hash = bytes.fromhex(data["issuerNameHash"])
        issuer_key_hash = bytes.fromhex(data["issuerKeyHash"])
        algorithm = ALGORITHMS[data["hashAlgorithm"]]
        serial_number = int(data["serialNumber"], 16)
        request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            issuer_name_hash,
            issuer_key_hash,
            serial_number,
            algorithm,
        )
        der = request.build().public_bytes(Encoding.DER)
        return Asked(
            str(data["responderURL"]),
            der,
            issuer_name_hash,
            issuer_key_hash,
            serial_number,
            algorithm,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NoStatus(f"invalid hashes of a certificate: {error}") from error


def read(asked: Asked, der: bytes) -> tuple[str, OCSPResponse]:
    """`accepted`, `revoked` or `chain_error`, as of now, and the response. Raises NoStatus.

    This does not check the signature; `verify` does.
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not OCSPResponseStatus.SUCCESSFUL:
            raise NoStatus(f"the responder answered {response.response_status.name}")
        found = [
            single
            for single in response.responses
            if single.serial_number == asked.serial_number
            and single.issuer_key_hash == asked.issuer_key_hash
        ]
    except (ValueError, TypeError) as error:
        raise NoStatus(f"the answer is not an OCSP response: {error}") from error
    if not found:
        raise NoStatus("the answer is about another certificate")
    now = datetime.now(UTC)
    single = found[0]
    if single.this_update_utc > now + CLOCK_SKEW or (
        single.next_update_utc is not None and single.next_update_utc < now
    ):
        raise NoStatus("the answer is not valid at this time")
    if single.certificate_status is OCSPCertStatus.GOOD:
        return "accepted", response
    revoked = single.certificate_status is OCSPCertStatus.REVOKED
    return "revoked" if revoked else "chain_error", response


def verify(asked: Asked, response: OCSPResponse, known: Sequence[Certificate]) -> None:
    """Raises NoStatus unless it was signed by the issuer of the certificate, or by a responder that
    the issuer has authorized (RFC 6960 3.2, 4.2.2.2).

    `known`: possible issuers, in addition to the certificates in the answer.
    """
    came_along = list(response.certificates)
    issuers = [
        each
        for each in (*known, *came_along)
        if key_hash(each, asked.algorithm) == asked.issuer_key_hash
    ]
    delegates = [each for each in came_along if any(_lets_sign(issuer, each) for issuer in issuers)]
    if not any(_has_signed(each, response) for each in (*issuers, *delegates)):
        raise NoStatus("neither the issuer nor a responder that it authorized signed the answer")


def name_hash(name: Name, algorithm: HashAlgorithm) -> bytes:
    digest = Hash(algorithm)
    digest.update(name.public_bytes())
    return digest.finalize()


def key_hash(certificate: Certificate, algorithm: HashAlgorithm) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, certificate, algorithm)
    return builder.build().issuer_key_hash


def _lets_sign(issuer: Certificate, certificate: Certificate) -> bool:
    now = datetime.now(UTC)
    try:
        certificate.verify_directly_issued_by(issuer)
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except (InvalidSignature, TypeError, ValueError, ExtensionNotFound):
        return False
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _has_signed(certificate: Certificate, response: OCSPResponse) -> bool:
    key, algorithm = certificate.public_key(), response.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            padding = PKCS1v15()
            key.verify(response.signature, response.tbs_response_bytes, padding, algorithm)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(response.signature, response.tbs_response_bytes)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
