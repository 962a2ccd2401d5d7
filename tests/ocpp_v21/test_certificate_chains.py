"""M07: whether the certificates of a chain are revoked."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.fakes.core import FakeCore
from tests.fakes.responder import FakeResponder
from tests.operated import Payload
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway


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
    ]
    answer = await station.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    found = answer["certificateStatus"]
    assert [each["status"] for each in found] == ["Good", "Revoked", "Unknown"]
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


async def test_certificates_that_no_answer_can_name_are_left_out(
    station: OperatedStation, responder: FakeResponder
) -> None:
    odd = about(responder, "2b")
    odd["certificateHashData"] |= {"hashAlgorithm": "MD5", "customData": {}}
    answer = await station.call(
        "GetCertificateChainStatus", {"certificateStatusRequests": [odd, about(responder, "1a")]}
    )
    assert [each["status"] for each in answer["certificateStatus"]] == ["Good"]
    for nothing in ([], [odd]):
        payload = {"certificateStatusRequests": nothing}
        code = await station.refused("GetCertificateChainStatus", payload)
        assert code == "PropertyConstraintViolation"


def listed(responder: FakeResponder, number: str) -> Payload:
    hashes = responder.hash_data() | {"serialNumber": number}
    return {"certificateHashData": hashes, "source": "CRL", "urls": [responder.url]}


async def statuses(station: OperatedStation, *asked: Payload) -> list[str]:
    payload = {"certificateStatusRequests": list(asked)}
    answer = await station.call("GetCertificateChainStatus", payload)
    return [each["status"] for each in answer["certificateStatus"]]


async def test_a_list_of_revoked_certificates_is_downloaded_and_kept(
    responder: FakeResponder,
    start_gateway: Callable[..., RunningGateway],
    tmp_path: Path,
    identity: str,
) -> None:
    """M07.FR.04 to FR.07."""
    issuers = tmp_path / "issuers.pem"
    issuers.write_bytes(responder.certificate.public_bytes(serialization.Encoding.PEM))
    gateway = start_gateway(OCSP_ISSUERS=str(issuers), ALLOW_PRIVATE_ENDPOINTS="1")
    responder.revoked.add(0x2B)
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1") as station:
        responder.old = timedelta(days=2)
        assert await statuses(station, listed(responder, "1a")) == ["Failed"]
        responder.old = timedelta()
        responder.http_status = 404
        assert await statuses(station, listed(responder, "1a")) == ["Failed"]
        responder.http_status = 200
        for _ in range(2):
            assert await statuses(station, listed(responder, "2b")) == ["Revoked"]
            assert await statuses(station, listed(responder, "1a")) == ["Good"]
        assert responder.downloads == 3


async def test_no_certificate_is_good_by_a_list_that_a_stranger_signed(
    station: OperatedStation, responder: FakeResponder
) -> None:
    """What it calls revoked is not good either way."""
    responder.revoked.add(0x2B)
    found = await statuses(station, listed(responder, "1a"), listed(responder, "2b"))
    assert found == ["Failed", "Revoked"]
    strange = listed(responder, "2b")
    strange["certificateHashData"]["issuerNameHash"] = "a1" * 32
    assert await statuses(station, strange) == ["Failed"]
