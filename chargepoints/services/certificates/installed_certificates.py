"""Certificates as OCPP identifies them, by hashes, and those that charge points have installed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from chargepoints.database.case_insensitive import filter_ignoring_case
from chargepoints.models import InstalledCertificate
from chargepoints.protocol.inbound import clip
from chargepoints.services.commands.submission import CommandRefused

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
# OCPP's CertificateHashDataType -> names in commands.
HASHES = {
    "hashAlgorithm": "hash_algorithm",
    "issuerNameHash": "issuer_name_hash",
    "issuerKeyHash": "issuer_key_hash",
    "serialNumber": "serial_number",
}


class NotACertificate(ValueError):
    """The text contains no certificate in PEM."""


def read_chain(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, in its order. Raises NotACertificate."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise NotACertificate(str(error)) from error


@dataclass(frozen=True, slots=True)
class Contract:
    """The certificate that came with a token: OCPP's OCSPRequestDataType of its chain, and a fault.

    `fault`: `expired`, `chain_error`, or empty. `chain`: empty if only hashes were sent.
    """

    hashes: list[dict[str, Any]]
    fault: str = ""
    chain: Sequence[x509.Certificate] = ()


def contract(hashes: list[dict[str, Any]] | None, pem: str | None) -> Contract | None:
    """From the charge point's hashes, or from the chain that it could not check itself (C07)."""
    if hashes:
        return Contract(list(hashes))
    if not pem:
        return None
    try:
        chain = read_chain(pem)
    except NotACertificate:
        return Contract([])
    return Contract([dict(data) for data in ocsp_data(chain)], _fault(chain), chain)


def _fault(chain: list[x509.Certificate]) -> str:
    now = datetime.now(UTC)
    if any(not each.not_valid_before_utc <= now <= each.not_valid_after_utc for each in chain):
        return "expired"
    for certificate in chain:
        issuer = _issuer_in(chain, certificate)
        try:
            if issuer is not None:
                certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            return "chain_error"
    return ""


def hash_data(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str = "SHA256"
) -> dict[str, str]:
    """2.0.1 CertificateHashDataType: the hashes with which OCSP identifies it (RFC 6960)."""
    builder = ocsp.OCSPRequestBuilder()
    request = builder.add_certificate(certificate, issuer, ALGORITHMS[algorithm]).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        # CertificateHashDataType: without leading zeros.
        "serialNumber": f"{request.serial_number:x}",
    }


def ocsp_data(chain: list[x509.Certificate]) -> list[dict[str, str]]:
    """2.0.1 OCSPRequestDataType of each certificate whose issuer is also in the chain."""
    data = []
    for certificate in chain:
        issuer = _issuer_in(chain, certificate)
        responder = _responder(certificate)
        if issuer is not None and issuer is not certificate and responder:
            data.append(hash_data(certificate, issuer) | {"responderURL": responder})
    return data


def replace_known(
    charge_point_id: int, uses: list[str], found: list[dict[str, Any]], read_at: datetime
) -> None:
    """Replace the stored certificates of these uses (of all if empty) by the reported ones."""
    known = InstalledCertificate.objects.filter(charge_point_id=charge_point_id)
    (known.filter(use__in=uses) if uses else known).delete()
    InstalledCertificate.objects.bulk_create(
        InstalledCertificate(
            charge_point_id=charge_point_id,
            use=clip(each["use"], 30),
            hash_algorithm=clip(each["hashAlgorithm"], 10),
            issuer_name_hash=clip(each["issuerNameHash"], 128),
            issuer_key_hash=clip(each["issuerKeyHash"], 128),
            serial_number=clip(each["serialNumber"], 40),
            read_at=read_at,
        )
        for each in found
    )


def listed(found: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The reported certificates, with the field names of commands."""
    return [
        {"use": each["use"]} | {name: each[ocpp] for ocpp, name in HASHES.items()} for each in found
    ]


def named(charge_point_id: int, args: Mapping[str, Any]) -> dict[str, str]:
    """The hash data of the certificate in the arguments of `delete_certificate`.

    A self-signed certificate may be given as PEM. Raises CommandRefused.
    """
    if "certificate" in args:
        return _named_by_itself(charge_point_id, args["certificate"])
    if missing := [name for name in HASHES.values() if name not in args]:
        raise CommandRefused("invalid_args", f"missing: {', '.join(missing)}")
    return {ocpp: args[name] for ocpp, name in HASHES.items()}


def _named_by_itself(charge_point_id: int, pem: str) -> dict[str, str]:
    try:
        (root, *_) = read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    if root.subject != root.issuer:
        raise CommandRefused("invalid_args", "not self-signed: give its hashes instead")
    # M04.FR.07, in both versions: use the algorithm that the charge point used for it.
    return hash_data(root, root, _algorithm_of(charge_point_id, root))


def _algorithm_of(charge_point_id: int, certificate: x509.Certificate) -> str:
    """The algorithm with which the charge point listed this certificate, else SHA256."""
    known = InstalledCertificate.objects.filter(
        charge_point_id=charge_point_id, serial_number__iexact=f"{certificate.serial_number:x}"
    ).first()
    return known.hash_algorithm if known and known.hash_algorithm in ALGORITHMS else "SHA256"


def forget(charge_point_id: int, hash_data: dict[str, Any]) -> None:
    """Delete the row of a removed certificate; the charge point may use either case for hex."""
    filter_ignoring_case(
        InstalledCertificate.objects.filter(charge_point_id=charge_point_id),
        issuer_name_hash=hash_data["issuerNameHash"],
        issuer_key_hash=hash_data["issuerKeyHash"],
        serial_number=hash_data["serialNumber"],
    ).delete()


def _issuer_in(
    chain: list[x509.Certificate], certificate: x509.Certificate
) -> x509.Certificate | None:
    issuers = (other for other in chain if other.subject == certificate.issuer)
    return next(issuers, None)


def _responder(certificate: x509.Certificate) -> str:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ""
    urls = [
        str(description.access_location.value)
        for description in access.value
        if description.access_method == AuthorityInformationAccessOID.OCSP
    ]
    return urls[0] if urls else ""
