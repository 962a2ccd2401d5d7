"""OCSP (RFC 6960): the request for a certificate named by hashes, and what the answer says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus

from chargepoints.services.certificates.installed_certificates import ALGORITHMS

MEDIA_TYPE = "application/ocsp-request"
# How far the responder's clock may be ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


class NoStatus(ValueError):
    """Nothing can be asked, or nothing was answered, about this certificate; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request (DER), and whom to send it to."""

    url: str
    request: bytes
    issuer_key_hash: bytes
    serial_number: int


def compose(data: dict[str, Any]) -> Asked:
    """The request for OCPP's OCSPRequestDataType. Raises NoStatus."""
    try:
        key_hash = bytes.fromhex(data["issuerKeyHash"])
        serial_number = int(data["serialNumber"], 16)
        request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            bytes.fromhex(data["issuerNameHash"]),
            key_hash,
            serial_number,
            ALGORITHMS[data["hashAlgorithm"]],
        )
        der = request.build().public_bytes(Encoding.DER)
        return Asked(str(data["responderURL"]), der, key_hash, serial_number)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NoStatus(f"these are no hashes of a certificate: {error}") from error


def read(asked: Asked, der: bytes) -> str:
    """`accepted`, `revoked` or `chain_error`, as of now. Raises NoStatus."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not OCSPResponseStatus.SUCCESSFUL:
            raise NoStatus(f"the responder said {response.response_status.name}")
        found = [
            single
            for single in response.responses
            if single.serial_number == asked.serial_number
            and single.issuer_key_hash == asked.issuer_key_hash
        ]
    except (ValueError, TypeError) as error:
        raise NoStatus(f"the answer is no OCSP response: {error}") from error
    if not found:
        raise NoStatus("the answer is about another certificate")
    now = datetime.now(UTC)
    single = found[0]
    if single.this_update_utc > now + CLOCK_SKEW or (
        single.next_update_utc is not None and single.next_update_utc < now
    ):
        raise NoStatus("the answer is not of this time")
    if single.certificate_status is OCSPCertStatus.GOOD:
        return "accepted"
    return "revoked" if single.certificate_status is OCSPCertStatus.REVOKED else "chain_error"
