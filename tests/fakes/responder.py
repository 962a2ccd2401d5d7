"""An OCSP responder (RFC 6960), and a list of revoked certificates, that say what a test wants."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequest, OCSPResponseStatus

from chargepoints.services.certificates.installed_certificates import hash_data
from tests.fakes.core_certificates import CertificateAuthority

DER = serialization.Encoding.DER


class FakeResponder:
    """`revoked` and `unknown` hold serial numbers; all others are good."""

    def __init__(self) -> None:
        authority = CertificateAuthority()
        # Who signs; what it sends along is for whoever does not know it.
        self.key, self.certificate = authority.key, authority.certificate
        self.sent_along = [authority.certificate]
        self.revoked: set[int] = set()
        self.unknown: set[int] = set()
        self.asked: list[OCSPRequest] = []
        self.downloads = 0
        # Instead of an answer: an HTTP status, an age of the answer, another serial number.
        self.http_status = 200
        self.old = timedelta()
        self.instead_of: dict[int, int] = {}
        self.unwilling = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ocsp"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def issuer_key_hash(self, algorithm: str = "SHA256") -> str:
        """As OCPP names the issuer whose certificates it answers for."""
        return hash_data(self.certificate, self.certificate, algorithm)["issuerKeyHash"]

    def hash_data(self) -> dict[str, Any]:
        """OCPP's CertificateHashDataType of its own certificate."""
        return hash_data(self.certificate, self.certificate, "SHA256")

    def answer(self, der: bytes) -> bytes:
        request = ocsp.load_der_ocsp_request(der)
        self.asked.append(request)
        if self.unwilling:
            status = OCSPResponseStatus.TRY_LATER
            return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(DER)
        number = request.serial_number
        status_of = dict.fromkeys(self.revoked, OCSPCertStatus.REVOKED)
        status_of |= dict.fromkeys(self.unknown, OCSPCertStatus.UNKNOWN)
        found = status_of.get(number, OCSPCertStatus.GOOD)
        at = datetime.now(UTC) - self.old
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=request.issuer_name_hash,
            issuer_key_hash=request.issuer_key_hash,
            serial_number=self.instead_of.get(number, number),
            algorithm=request.hash_algorithm,
            cert_status=found,
            this_update=at,
            next_update=at + timedelta(days=1),
            revocation_time=at if found is OCSPCertStatus.REVOKED else None,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        if self.sent_along:
            builder = builder.certificates(self.sent_along)
        response = builder.sign(self.key, hashes.SHA256())
        return response.public_bytes(DER)

    def revocation_list(self) -> bytes:
        """Of all that is `revoked` (RFC 5280)."""
        self.downloads += 1
        at = datetime.now(UTC) - self.old
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=1))
        )
        for number in self.revoked:
            revoked = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(at)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(DER)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        responder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/ocsp-request"
                body = responder.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(responder.http_status)
                self.send_header("Content-Type", "application/ocsp-response")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                body = responder.revocation_list()
                self.send_response(responder.http_status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """The tests look at `asked`."""

        return Handler
