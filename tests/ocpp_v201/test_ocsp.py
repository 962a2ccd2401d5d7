"""M06, C07: the gateway asks OCSP responders by itself, where core is silent."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.fakes.core import FakeCore
from tests.fakes.responder import FakeResponder
from tests.operated import Payload
from tests.operated_station import OperatedStation
from tests.pki import name

SIZES = {"SHA256": 64, "SHA384": 96, "SHA512": 128}
CONTRACT: Payload = {"idToken": "DE-ACM-C87654321-1", "type": "eMAID"}


@pytest.fixture
def responder() -> Iterator[FakeResponder]:
    with FakeResponder() as running:
        yield running


@pytest.fixture(autouse=True)
def silent_core(core: FakeCore) -> FakeCore:
    """A core that offers neither to look up certificates nor to decide about tokens."""
    core.fail(path="/certificates/status", status=404)
    core.fail(path="/authorize", status=404)
    return core


def about(
    url: str,
    number: str = "1a2b",
    algorithm: str = "SHA256",
    issuer: FakeResponder | None = None,
) -> Payload:
    """OCSPRequestDataType; of an issuer that nobody is, unless one is named."""
    half = SIZES[algorithm] // 2
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": "a1" * half,
        "issuerKeyHash": issuer.issuer_key_hash(algorithm) if issuer else "b2" * half,
        "serialNumber": number,
        "responderURL": url,
    }


async def status(station: OperatedStation, data: Payload) -> Payload:
    return await station.call("GetCertificateStatus", {"ocspRequestData": data})


@pytest.mark.parametrize("algorithm", SIZES)
async def test_the_request_is_composed_of_the_hashes(
    station: OperatedStation, responder: FakeResponder, algorithm: str
) -> None:
    answer = await status(station, about(responder.url, algorithm=algorithm))
    assert answer["status"] == "Accepted"
    (asked,) = responder.asked
    assert asked.hash_algorithm.name.upper() == algorithm
    assert asked.issuer_name_hash.hex() == "a1" * (SIZES[algorithm] // 2)
    assert asked.issuer_key_hash.hex() == "b2" * (SIZES[algorithm] // 2)
    assert asked.serial_number == 0x1A2B
    response = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
    assert response.serial_number == 0x1A2B
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD


async def test_that_a_certificate_is_revoked_is_an_answer_too(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """M06.FR.02: the station is told what the responder said."""
    responder.revoked.add(0x1A2B)
    answer = await status(station, about(responder.url))
    assert answer["status"] == "Accepted"
    response = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED


@pytest.mark.parametrize("fault", ["unwilling", "http", "old", "another", "nobody", "unnamed"])
async def test_without_a_usable_answer_the_station_is_told_failed(
    station: OperatedStation, responder: FakeResponder, fault: str
) -> None:
    """M06.FR.04."""
    responder.unwilling = fault == "unwilling"
    responder.http_status = 503 if fault == "http" else 200
    responder.old = timedelta(days=3 if fault == "old" else 0)
    responder.instead_of = {0x1A2B: 5} if fault == "another" else {}
    url = {
        "nobody": "http://127.0.0.1:9/ocsp",
        # It is not in OCSP_RESPONDERS, wherever it leads.
        "unnamed": responder.url.replace("127.0.0.1", "localhost"),
    }
    assert await status(station, about(url.get(fault, responder.url))) == {"status": "Failed"}
    assert bool(responder.asked) == (fault not in url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "nothing"])
async def test_only_http_is_spoken_to_responders(station: OperatedStation, url: str) -> None:
    assert await status(station, about(url)) == {"status": "Failed"}


async def test_hashes_that_are_none_ask_nobody(
    station: OperatedStation, responder: FakeResponder
) -> None:
    data = about(responder.url) | {"issuerKeyHash": "not hexadecimal"}
    assert await status(station, data) == {"status": "Failed"}
    assert responder.asked == []


async def authorized(
    station: OperatedStation, token: Payload = CONTRACT, **presented: object
) -> tuple[str, str | None]:
    """The status of the token, and of its certificate."""
    answer = await station.call("Authorize", {"idToken": token, **presented})
    return answer["idTokenInfo"]["status"], answer.get("certificateStatus")


@pytest.mark.parametrize(
    ("revoked", "unknown", "said"),
    [
        (set(), set(), ("Accepted", "Accepted")),
        ({2}, set(), ("Invalid", "CertificateRevoked")),
        (set(), {2}, ("Invalid", "CertChainError")),
    ],
)
async def test_every_certificate_of_a_contract_is_asked_about(
    station: OperatedStation,
    responder: FakeResponder,
    revoked: set[int],
    unknown: set[int],
    said: tuple[str, str],
) -> None:
    """C07.FR.05, and FR.14, FR.16, FR.17."""
    responder.revoked, responder.unknown = revoked, unknown
    chain = [about(responder.url, number, issuer=responder) for number in ("1", "2")]
    assert await authorized(station, iso15118CertificateHashData=chain) == said
    assert {each.serial_number for each in responder.asked} == {1, 2}


async def test_a_contract_whose_responder_is_silent_is_not_verified(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """C07.FR.17."""
    responder.unwilling = True
    chain = [about(responder.url, issuer=responder)]
    said = await authorized(station, iso15118CertificateHashData=chain)
    assert said == ("Invalid", "CertChainError")


async def test_a_revoked_certificate_decides_though_nobody_answers_about_the_others(
    station: OperatedStation, responder: FakeResponder, silent_core: FakeCore
) -> None:
    """C07.FR.16: whether core decides about the token or does not."""
    responder.revoked = {1}
    revoked = about(responder.url, "1", issuer=responder)
    silent = about("http://127.0.0.1:9/ocsp", "2", issuer=responder)
    for _ in ("a core that does not answer", "one that does"):
        for chain in ([revoked, silent], [silent, revoked]):
            said = await authorized(station, iso15118CertificateHashData=chain)
            assert said == ("Invalid", "CertificateRevoked")
        silent_core.faults.clear()


def chain_of(
    responder: FakeResponder, *, days: int = 1, signed: bool = True, answers: bool = True
) -> tuple[str, bytes]:
    """A contract certificate and its issuer (PEM), and the hash of the issuer's key.

    The responder `answers` with the issuer's key, and sends no certificate along.
    """
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    access = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder.url)
    )

    def build(subject: str, owner: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("MO Root"))
            .public_key(owner.public_key())
            .serial_number(7)
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        )

    signer = root_key if signed else ec.generate_private_key(ec.SECP256R1())
    leaf = build("DE-ACM-C87654321-1", key).sign(signer, hashes.SHA256())
    root = build("MO Root", root_key).sign(root_key, hashes.SHA256())
    if answers:
        responder.key, responder.certificate, responder.sent_along = root_key, root, []
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (leaf, root))
    point = root_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return pem.decode(), hashlib.sha256(point).digest()


async def test_a_chain_is_checked_in_the_stations_place(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """C07.FR.06: the station has no root for it."""
    pem, issuer_key_hash = chain_of(responder)
    assert await authorized(station, certificate=pem) == ("Accepted", "Accepted")
    (asked,) = responder.asked
    assert (asked.serial_number, asked.issuer_key_hash) == (7, issuer_key_hash)
    responder.revoked.add(7)
    assert await authorized(station, certificate=pem) == ("Invalid", "CertificateRevoked")


async def test_a_chain_with_a_fault_of_its_own_needs_no_responder(
    station: OperatedStation, responder: FakeResponder, silent_core: FakeCore
) -> None:
    """C07.FR.15, FR.17: whoever decides about the token."""
    expired, _ = chain_of(responder, days=-1)
    forged, _ = chain_of(responder, signed=False)
    for _ in ("a core that does not answer", "one that does"):
        assert await authorized(station, certificate=expired) == ("Expired", "CertificateExpired")
        assert await authorized(station, certificate=forged) == ("Invalid", "CertChainError")
        silent_core.faults.clear()
    assert responder.asked == []


async def test_core_goes_before_the_responder(
    station: OperatedStation, responder: FakeResponder, silent_core: FakeCore
) -> None:
    silent_core.faults.clear()
    assert (await status(station, about(responder.url, issuer=responder)))["status"] == "Accepted"
    assert responder.asked == []
    tokens = silent_core.decisions.tokens
    tokens["DE-ACM-BLOCKED-1"] = {"status": "blocked"}
    blocked = {"idToken": "DE-ACM-BLOCKED-1", "type": "eMAID"}
    chain = [about(responder.url, issuer=responder)]
    said = await authorized(station, blocked, iso15118CertificateHashData=chain)
    # C07.FR.13: the certificate is good, and the contract is not.
    assert said == ("Blocked", "ContractCancelled")
    tokens["DE-ACM-KNOWN-1"] = {"status": "accepted", "certificate_status": "accepted"}
    known = {"idToken": "DE-ACM-KNOWN-1", "type": "eMAID"}
    responder.revoked.add(0x1A2B)
    said = await authorized(station, known, iso15118CertificateHashData=chain)
    assert said == ("Accepted", "Accepted")


async def test_where_core_says_nothing_of_the_certificate_its_responder_does(
    station: OperatedStation, responder: FakeResponder, silent_core: FakeCore
) -> None:
    """C07.FR.05: with core's word on the token alone."""
    silent_core.faults.clear()
    chain = [about(responder.url, issuer=responder)]
    said = await authorized(station, iso15118CertificateHashData=chain)
    assert said == ("Accepted", "Accepted")
    responder.revoked.add(0x1A2B)
    said = await authorized(station, iso15118CertificateHashData=chain)
    assert said == ("Invalid", "CertificateRevoked")
    assert len(responder.asked) == 2
    nobody = [about("http://127.0.0.1:9/ocsp")]
    said = await authorized(station, iso15118CertificateHashData=nobody)
    assert said == ("Accepted", "Accepted")


async def test_an_answer_signed_by_a_stranger_counts_for_nothing(
    station: OperatedStation, responder: FakeResponder, silent_core: FakeCore
) -> None:
    """RFC 6960 3.2: verified by the chain that was sent, or by the hash of the issuer's key."""
    pem, _ = chain_of(responder, answers=False)
    assert await authorized(station, certificate=pem) == ("Invalid", "CertChainError")
    chain = [about(responder.url)]
    said = await authorized(station, iso15118CertificateHashData=chain)
    assert said == ("Invalid", "CertChainError")
    responder.sent_along = []
    chain = [about(responder.url, issuer=responder)]
    said = await authorized(station, iso15118CertificateHashData=chain)
    assert said == ("Invalid", "CertChainError")
    assert len(responder.asked) == 3


@pytest.mark.parametrize(
    ("may_sign", "said"),
    [(True, ("Accepted", "Accepted")), (False, ("Invalid", "CertChainError"))],
)
async def test_an_issuer_may_let_a_responder_sign_for_it(
    station: OperatedStation, responder: FakeResponder, may_sign: bool, said: tuple[str, str]
) -> None:
    """RFC 6960 4.2.2.2: by a certificate of its own for signing OCSP answers."""
    pem, _ = chain_of(responder)
    issuer, issuer_key = responder.certificate, responder.key
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if may_sign else ExtendedKeyUsageOID.CLIENT_AUTH
    now = datetime.now(UTC)
    responder.key = ec.generate_private_key(ec.SECP256R1())
    responder.certificate = (
        x509.CertificateBuilder()
        .subject_name(name("Responder"))
        .issuer_name(issuer.subject)
        .public_key(responder.key.public_key())
        .serial_number(8)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    responder.sent_along = [responder.certificate]
    assert await authorized(station, certificate=pem) == said
