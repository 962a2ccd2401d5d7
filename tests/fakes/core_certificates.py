"""The certificates of the fake core: a real authority, made anew at every start."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}


class CertificateAuthority:
    """Signs whatever it is asked to sign, and calls every certificate good."""

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fake Core Root")])
        builder = self._builder(name, self.key.public_key(), days=3650).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return builder.sign(self.key, hashes.SHA256())

    def sign(self, csr_pem: str) -> dict[str, Any]:
        """`{status, certificate_chain}`: the new certificate and this root, PEM."""
        try:
            csr = x509.load_pem_x509_csr(csr_pem.encode())
        except ValueError:
            return {"status": "rejected", "certificate_chain": None}
        if not csr.is_signature_valid:
            return {"status": "rejected", "certificate_chain": None}
        certificate = self._builder(csr.subject, csr.public_key(), days=365).sign(
            self.key, hashes.SHA256()
        )
        chain = [certificate, self.certificate]
        pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
        return {"status": "accepted", "certificate_chain": pem.decode()}

    def ocsp_status(self, request: dict[str, Any]) -> dict[str, Any]:
        """`{status, ocsp_result}` for OCPP's `OCSPRequestDataType`: base64 of the DER answer."""
        now = datetime.now(UTC)
        try:
            response = (
                ocsp.OCSPResponseBuilder()
                .add_response_by_hash(
                    issuer_name_hash=bytes.fromhex(request["issuerNameHash"]),
                    issuer_key_hash=bytes.fromhex(request["issuerKeyHash"]),
                    serial_number=int(request["serialNumber"], 16),
                    algorithm=DIGESTS[request["hashAlgorithm"]],
                    cert_status=ocsp.OCSPCertStatus.GOOD,
                    this_update=now,
                    next_update=now + timedelta(days=1),
                    revocation_time=None,
                    revocation_reason=None,
                )
                .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
                .sign(self.key, hashes.SHA256())
            )
        except (KeyError, ValueError, binascii.Error):
            return {"status": "failed", "ocsp_result": None}
        der = response.public_bytes(serialization.Encoding.DER)
        return {"status": "accepted", "ocsp_result": base64.b64encode(der).decode()}

    def _builder(
        self, subject: x509.Name, public_key: Any, *, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fake Core Root")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=days))
        )
