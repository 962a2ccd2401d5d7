"""Plug & Charge over DataTransfer (Using ISO 15118 Plug & Charge with OCPP 1.6, v1.0)."""

import json

import pytest

from chargepoints.models import InstalledCertificate
from chargepoints.services.certificates import installed_certificates
from ocpp_v16.plug_and_charge import VENDOR
from tests import pki
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, eventually
from tests.running_gateway import RunningGateway

HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a1" * 32,
    "issuerKeyHash": "b2" * 32,
    "serialNumber": "1f",
}
OCSP = HASH | {"responderURL": "http://ocsp.example.com"}


async def say(cp: OperatedCharger, message: str, payload: Payload) -> Payload:
    """The gateway's message inside its answer to one of the charger's."""
    wrapped = {"vendorId": VENDOR, "messageId": message, "data": json.dumps(payload)}
    answer = await cp.call("DataTransfer", wrapped)
    assert answer["status"] == "Accepted", answer
    inside: Payload = json.loads(answer["data"])
    return inside


def wrapped_answer(payload: Payload) -> Payload:
    return {"status": "Accepted", "data": json.dumps(payload)}


def inside(request: Payload, message: str) -> Payload:
    assert (request["vendorId"], request["messageId"]) == (VENDOR, message)
    payload: Payload = json.loads(request["data"])
    return payload


async def order(
    cp: OperatedCharger, type: str, args: Payload, message: str, answer: Payload
) -> tuple[Payload, Payload]:
    request, command = await cp.command(type, args, "DataTransfer", wrapped_answer(answer))
    return inside(request, message), command


async def test_a_contract_is_authorized_by_core(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"idToken": {"idToken": "DEABCC12345"}, "iso15118CertificateHashData": [OCSP]}
        answer = await say(cp, "Authorize", asked)
        assert answer == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}
        question = [each for each in core.journal.decisions if each.path == "/authorize"][-1]
        assert question.request["certificate_hashes"] == [OCSP]
        assert question.request["id_token"] == {"value": "DEABCC12345", "type": "eMAID"}


async def test_a_contract_that_is_blocked_is_told_so(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.tokens["DEXYZC999"] = {"status": "blocked"}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        # No certificate came with it, so nothing is said of one.
        answer = await say(cp, "Authorize", {"idToken": {"idToken": "DEXYZC999"}})
        assert answer == {"idTokenInfo": {"status": "Blocked"}}


async def test_a_token_whose_certificate_is_revoked_is_invalid(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    """2.0.1 C07.FR.16."""
    core.decisions.tokens["DEREVC999"] = {"status": "accepted", "certificate_status": "revoked"}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"idToken": {"idToken": "DEREVC999"}, "iso15118CertificateHashData": [OCSP]}
        assert await say(cp, "Authorize", asked) == {
            "idTokenInfo": {"status": "Invalid"},
            "certificateStatus": "CertificateRevoked",
        }


async def test_the_cars_certificate_request_goes_to_core_and_back(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"iso15118SchemaVersion": "urn:x", "action": "Install", "exiRequest": "RVhJ"}
        answer = await say(cp, "Get15118EVCertificate", asked)
        assert answer == {"status": "Accepted", "exiResponse": "RVhJ"}


async def test_the_status_of_a_certificate_is_asked_of_core(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await say(cp, "GetCertificateStatus", {"ocspRequestData": OCSP})
        # The fake core knows no such hash.
        assert answer["status"] in ("Accepted", "Failed")


async def test_without_core_nothing_is_promised(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    for path in ("/certificates/iso15118", "/certificates/status"):
        core.fail(path=path, status=500)
    async with await OperatedCharger.connect(gateway, identity) as cp:
        asked = {"iso15118SchemaVersion": "urn:x", "action": "Install", "exiRequest": "RVhJ"}
        answer = await say(cp, "Get15118EVCertificate", asked)
        assert answer == {"status": "Failed", "exiResponse": ""}
        answer = await say(cp, "GetCertificateStatus", {"ocspRequestData": OCSP})
        assert answer == {"status": "Failed"}


async def test_a_v2g_certificate_is_triggered_signed_and_handed_over(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        trigger, command = await order(
            cp,
            "trigger",
            {"message": "SignV2GCertificate"},
            "TriggerMessage",
            {"status": "Accepted"},
        )
        assert (trigger, command["state"]) == ({}, "accepted")
        csr, _ = pki.signing_request("V2G-SECC")
        assert await say(cp, "SignCertificate", {"csr": csr}) == {"status": "Accepted"}
        request = await cp.obey("DataTransfer", wrapped_answer({"status": "Accepted"}))
        chain = inside(request, "CertificateSigned")["certificateChain"]
        assert chain.startswith("-----BEGIN CERTIFICATE-----")
        await eventually(lambda: cp.events("certificate.installed"))


async def test_roots_are_installed_listed_and_deleted(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        root = pki.root_certificate("V2G Root").strip()
        asked, command = await order(
            cp,
            "install_certificate",
            {"use": "v2g_root", "certificate": root},
            "InstallCertificate",
            {"status": "Accepted"},
        )
        assert asked == {"certificateType": "V2GRootCertificate", "certificate": root}
        assert command["state"] == "accepted"
        found = [{"certificateType": "V2GRootCertificate", "certificateHashData": HASH}]
        asked, command = await order(
            cp,
            "get_certificates",
            {"uses": ["v2g_root"]},
            "GetInstalledCertificateIds",
            {"status": "Accepted", "certificateHashDataChain": found},
        )
        assert asked == {"certificateType": ["V2GRootCertificate"]}
        assert command["state"] == "accepted"
        assert InstalledCertificate.objects.get(charge_point=cp.row).use == "v2g_root"
        named = {
            "hash_algorithm": HASH["hashAlgorithm"],
            "issuer_name_hash": HASH["issuerNameHash"],
            "issuer_key_hash": HASH["issuerKeyHash"],
            "serial_number": HASH["serialNumber"],
        }
        asked, command = await order(
            cp, "delete_certificate", named, "DeleteCertificate", {"status": "Accepted"}
        )
        assert asked == {"certificateHashData": HASH}
        assert not InstalledCertificate.objects.filter(charge_point=cp.row).exists()


async def test_a_root_that_is_named_by_itself_is_deleted_as_it_was_listed(
    gateway: RunningGateway, identity: str
) -> None:
    """By the charge point's own algorithm, and the way that its use goes."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        pem = pki.root_certificate("V2G Root")
        (root,) = installed_certificates.read_chain(pem)
        listed = installed_certificates.hash_data(root, root, "SHA512")
        chain = {"certificateType": "V2GRootCertificate", "certificateHashData": listed}
        await order(
            cp,
            "get_certificates",
            {"uses": ["v2g_root"]},
            "GetInstalledCertificateIds",
            {"status": "Accepted", "certificateHashDataChain": [chain]},
        )
        asked, _ = await order(
            cp,
            "delete_certificate",
            {"certificate": pem},
            "DeleteCertificate",
            {"status": "Accepted"},
        )
        assert asked == {"certificateHashData": listed}
        assert not InstalledCertificate.objects.filter(charge_point=cp.row).exists()


@pytest.mark.parametrize("data", [None, "{", "[]"])
async def test_an_accepted_answer_with_nothing_inside_is_a_bad_one(
    gateway: RunningGateway, identity: str, data: str | None
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"use": "mo_root", "certificate": pki.root_certificate("MO").strip()}
        answer = {"status": "Accepted"} | ({} if data is None else {"data": data})
        _, command = await cp.command("install_certificate", args, "DataTransfer", answer)
        assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")


async def test_a_no_inside_an_accepted_answer_is_a_no(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"use": "mo_root", "certificate": pki.root_certificate("MO").strip()}
        _, command = await order(
            cp, "install_certificate", args, "InstallCertificate", {"status": "Rejected"}
        )
        assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")


@pytest.mark.parametrize(
    ("message", "data", "status"),
    [
        ("Authorize", "not JSON", "Rejected"),
        ("Authorize", "{}", "Rejected"),
        ("Authorize", '{"idToken":"text"}', "Rejected"),
        ("GetCertificateStatus", None, "Rejected"),
        ("NoSuchMessage", "{}", "UnknownMessageId"),
        (None, "{}", "UnknownMessageId"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_data_transfers_words(
    gateway: RunningGateway, identity: str, message: str | None, data: str | None, status: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = {"vendorId": VENDOR, "messageId": message, "data": data}
        payload = {name: value for name, value in payload.items() if value is not None}
        assert (await cp.call("DataTransfer", payload))["status"] == status
