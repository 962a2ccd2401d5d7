"""OCPP 1.6 test cases of a central system: the security whitepaper, edition 3."""

import asyncio

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chargepoints.models import FirmwareUpdate, InstalledCertificate, SecurityEvent, Upload
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, Payload, at, eventually
from tests.running_gateway import KEY, RunningGateway

ACCEPTED = {"status": "Accepted"}


def csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SN-1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def root(core: FakeCore) -> str:
    pem = core.decisions.authority.certificate.public_bytes(serialization.Encoding.PEM)
    return pem.decode().strip()


async def rotate(cp: OperatedCharger) -> str:
    """The new key, as the charger was sent it."""
    request, command = await cp.command("rotate_password", {}, "ChangeConfiguration", ACCEPTED)
    assert request["key"] == "AuthorizationKey"
    assert command["state"] == "accepted"
    assert request["value"] not in str(command)
    return str(request["value"])


async def test_073_update_of_the_authorization_key(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        key = await rotate(cp)
        assert len(bytes.fromhex(key)) == 20
        # The password is the bytes that the hexadecimal text stands for.
        await cp.reconnect(key=bytes.fromhex(key))
        await cp.call("Heartbeat", {})
        with pytest.raises(HandshakeRefusedError) as refused:
            await gateway.connect(identity, key=KEY)
        assert refused.value.status == 401
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "effect_confirmed"


async def sign(cp: OperatedCharger, pem: str) -> list[x509.Certificate]:
    """Ask for a certificate as triggered, and take it; the chain."""
    request, _ = await cp.command(
        "trigger", {"message": "SignChargePointCertificate"}, "ExtendedTriggerMessage", ACCEPTED
    )
    assert request == {"requestedMessage": "SignChargePointCertificate"}
    assert await cp.call("SignCertificate", {"csr": pem}) == ACCEPTED
    signed = await cp.obey("CertificateSigned", ACCEPTED)
    return x509.load_pem_x509_certificates(signed["certificateChain"].encode())


async def test_074_update_of_the_charge_points_certificate(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        elliptic = ec.generate_private_key(ec.SECP256R1())
        leaf, *_ = await sign(cp, csr(elliptic))
        assert leaf.public_key() == elliptic.public_key()
        plain = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        leaf, *_ = await sign(cp, csr(plain))
        assert leaf.public_key() == plain.public_key()
        await eventually(lambda: len(cp.events("certificate.installed")) == 2)


async def install(cp: OperatedCharger, use: str, pem: str, status: str = "Accepted") -> Payload:
    request, command = await cp.command(
        "install_certificate",
        {"use": use, "certificate": pem},
        "InstallCertificate",
        {"status": status},
    )
    assert request["certificate"] == pem
    assert (command["state"] == "accepted") == (status == "Accepted")
    return request


def hash_data(algorithm: str) -> Payload:
    length = {"SHA256": 64, "SHA384": 96, "SHA512": 128}[algorithm]
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": "a1" * (length // 2),
        "issuerKeyHash": "b2" * (length // 2),
        "serialNumber": "1f",
    }


async def list_installed(cp: OperatedCharger, use: str, *found: Payload) -> Payload:
    answer: Payload = {"status": "NotFound"}
    if found:
        answer = ACCEPTED | {"certificateHashData": list(found)}
    request, command = await cp.command(
        "get_certificates", {"uses": [use]}, "GetInstalledCertificateIds", answer
    )
    assert command["state"] == "accepted"
    return request


async def installed_and_listed(cp: OperatedCharger, use: str, name: str, pem: str) -> None:
    assert (await install(cp, use, pem))["certificateType"] == name
    assert await list_installed(cp, use, hash_data("SHA256")) == {"certificateType": name}
    assert InstalledCertificate.objects.get(charge_point=cp.row).use == use


async def test_075_1_install_manufacturer_root(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        name = "ManufacturerRootCertificate"
        await installed_and_listed(cp, "manufacturer_root", name, root(core))


async def test_075_2_install_central_system_root(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await installed_and_listed(cp, "csms_root", "CentralSystemRootCertificate", root(core))


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_076_delete_a_certificate(
    gateway: RunningGateway, identity: str, core: FakeCore, algorithm: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await install(cp, "csms_root", root(core))
        reported = hash_data(algorithm)
        await list_installed(cp, "csms_root", reported)
        args = {
            "hash_algorithm": algorithm,
            "issuer_name_hash": reported["issuerNameHash"],
            "issuer_key_hash": reported["issuerKeyHash"],
            "serial_number": reported["serialNumber"],
        }
        request, command = await cp.command(
            "delete_certificate", args, "DeleteCertificate", ACCEPTED
        )
        assert request == {"certificateHashData": reported}
        assert command["state"] == "accepted"
        assert not InstalledCertificate.objects.filter(charge_point=cp.row).exists()
        await list_installed(cp, "csms_root")


async def tell(cp: OperatedCharger, type: str) -> None:
    event = {"type": type, "timestamp": at(), "techInfo": "details"}
    assert await cp.call("SecurityEventNotification", event) == {}
    assert SecurityEvent.objects.get(charge_point=cp.row).type == type
    (told,) = cp.events("charge_point.security_event")
    assert told.data == {"type": type, "tech_info": "details"}


async def test_077_invalid_charge_point_certificate(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        pem = csr(ec.generate_private_key(ec.SECP256R1()))
        assert await cp.call("SignCertificate", {"csr": pem}) == ACCEPTED
        await cp.obey("CertificateSigned", {"status": "Rejected"})
        await tell(cp, "InvalidChargePointCertificate")
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "rejected"


async def test_078_invalid_central_system_certificate(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await install(cp, "csms_root", root(core), "Rejected")
        await tell(cp, "InvalidCentralSystemCertificate")


async def test_079_get_security_log(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"log": "security", "since": at(hours=3)}
        posted = asyncio.create_task(cp.post("get_log", args))
        answer = ACCEPTED | {"filename": "security.log"}
        request = await cp.obey("GetLog", answer)
        assert (await posted).status_code == 202
        assert request["logType"] == "SecurityLog"
        assert request["log"]["oldestTimestamp"] == args["since"]
        for status in ("Uploading", "Uploaded"):
            told = {"status": status, "requestId": request["requestId"]}
            assert await cp.call("LogStatusNotification", told) == {}
        kept = Upload.objects.get(charge_point=cp.row)
        assert (kept.request_id, kept.status) == (request["requestId"], "Uploaded")
        assert kept.file_name == "security.log"


async def signed_update(cp: OperatedCharger) -> int:
    args = {
        "location": "https://files.example.com/signed.bin",
        "retrieve_at": at(),
        "signing_certificate": "-----BEGIN CERTIFICATE-----",
        "signature": "c2lnbmF0dXJl",
    }
    request, command = await cp.command("update_firmware", args, "SignedUpdateFirmware", ACCEPTED)
    assert command["state"] == "accepted"
    assert request["firmware"] == {
        "location": args["location"],
        "retrieveDateTime": args["retrieve_at"],
        "signingCertificate": args["signing_certificate"],
        "signature": args["signature"],
    }
    return int(request["requestId"])


async def follow(cp: OperatedCharger, request_id: int, *statuses: str) -> None:
    for status in statuses:
        told = {"status": status, "requestId": request_id}
        assert await cp.call("SignedFirmwareStatusNotification", told) == {}


async def test_080_signed_firmware_update(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = await signed_update(cp)
        words = "Downloading Downloaded SignatureVerified Installing InstallRebooting"
        await follow(cp, number, *words.split())
        await cp.reconnect()
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
        await follow(cp, number, "Installed")
        await tell(cp, "FirmwareUpdated")
        assert FirmwareUpdate.objects.get(charge_point=cp.row).status == "Installed"
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "effect_confirmed"


async def test_081_signed_firmware_update_invalid_signature(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = await signed_update(cp)
        await follow(cp, number, "Downloading", "Downloaded", "InvalidSignature")
        await tell(cp, "InvalidFirmwareSignature")
        (finished,) = cp.events("command.finished")
        assert finished.data["state"] == "no_effect"
        assert finished.data["error"]["code"] == "InvalidSignature"


async def test_083_upgrade_of_the_security_profile(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity, security_profile=0) as cp:
        args = {"key": "SecurityProfile", "value": "1"}
        await cp.command("set_configuration", args, "ChangeConfiguration", ACCEPTED)
        await cp.command("reset", {"type": "immediate"}, "Reset", ACCEPTED)
        # It may fall back for as long as it has not used the new profile.
        await cp.reconnect(key=None)
        await cp.reconnect(key=KEY)
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
        assert cp.known().security_profile == 1
        assert await refusal(gateway, identity, None) == 401


async def refusal(gateway: RunningGateway, identity: str, key: str | None) -> int:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(identity, key=key)
    return refused.value.status


async def test_085_basic_authentication(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity):
        assert await refusal(gateway, identity, "wrong-wrong-wrong-wrong") == 401
        assert await refusal(gateway, identity, None) == 401


async def test_088_websocket_subprotocol(gateway: RunningGateway, identity: str) -> None:
    gateway.register(identity, strict=True)
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(identity, "ocpp0.1")
    assert refused.value.status == 400
    async with await RawCharger.connect(
        gateway.url, identity, KEY, ["ocpp0.1", "ocpp1.6"]
    ) as charger:
        assert charger.subprotocol == "ocpp1.6"
