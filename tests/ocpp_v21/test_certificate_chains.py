"""M07: whether the certificates of a chain are revoked."""

from collections.abc import Iterator

import pytest

from tests.fakes.core import FakeCore
from tests.fakes.responder import FakeResponder
from tests.operated import Payload
from tests.operated_station import OperatedStation


@pytest.fixture
def responder() -> Iterator[FakeResponder]:
    with FakeResponder() as running:
        yield running


@pytest.fixture(autouse=True)
def silent_core(core: FakeCore) -> FakeCore:
    core.fail(path="/certificates/status", status=404)
    return core


def about(responder: FakeResponder, number: str, source: str = "OCSP") -> Payload:
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "a1" * 32,
        "issuerKeyHash": responder.issuer_key_hash("SHA256"),
        "serialNumber": number,
    }
    return {"certificateHashData": hashes, "source": source, "urls": [responder.url]}


async def test_each_certificate_of_a_chain_has_its_status(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """M07.FR.01, FR.03, FR.05, FR.08."""
    responder.revoked.add(0x2B)
    responder.unknown.add(0x3C)
    asked = [
        about(responder, "1a"),
        about(responder, "2b"),
        about(responder, "3c"),
        about(responder, "4d", "CRL"),
    ]
    answer = await station.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    found = answer["certificateStatus"]
    assert [each["status"] for each in found] == ["Good", "Revoked", "Unknown", "Failed"]
    assert [each["certificateHashData"] for each in found] == [
        each["certificateHashData"] for each in asked
    ]


async def test_what_nobody_answers_or_a_stranger_signs_has_failed(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """M07.FR.02."""
    stranger = about(responder, "1a")
    stranger["certificateHashData"]["issuerKeyHash"] = "b2" * 32
    payload = {"certificateStatusRequests": [stranger]}
    answer = await station.call("GetCertificateChainStatus", payload)
    assert answer["certificateStatus"][0]["status"] == "Failed"
    responder.http_status = 500
    payload = {"certificateStatusRequests": [about(responder, "1a")]}
    answer = await station.call("GetCertificateChainStatus", payload)
    assert answer["certificateStatus"][0]["status"] == "Failed"
