"""OCPP 1.6 test cases of a central system that need TLS, behind nginx."""

import asyncio
from pathlib import Path

import pytest

from chargepoints.models import ChargePoint, HandshakeRefusal
from tests.fakes.charger import HandshakeRefusedError
from tests.gateway_behind_nginx import SUITES, GatewayBehindNginx
from tests.operated import BOOT_16, OperatedCharger
from tests.pki import Issued, Issuer, private_pem, signing_request

pytestmark = pytest.mark.services


async def charges(cp: OperatedCharger) -> None:
    """All is as without TLS, both ways."""
    assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
    await cp.status(1, "Available")
    number = (await cp.start("TAG"))["transactionId"]
    request, command = await cp.command(
        "stop",
        {"transaction_id": str(number)},
        "RemoteStopTransaction",
        {"status": "Accepted"},
    )
    assert (request, command["state"]) == ({"transactionId": number}, "accepted")
    await cp.stop(number, reason="Remote")
    (transaction,) = cp.transactions()
    assert transaction.energy_wh == 1000


async def refusal(
    gateway: GatewayBehindNginx, identity: str, issued: Issued | None, key: str | None = None
) -> int:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(identity, "ocpp1.6", key, tls=gateway.client(issued))
    return refused.value.status


async def test_086_tls_with_the_servers_certificate(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    for suite in SUITES:
        agreed = await asyncio.to_thread(behind_nginx.agrees_on, suite)
        assert agreed == ("TLSv1.2", suite)
    assert not await asyncio.to_thread(behind_nginx.speaks_old_tls)
    async with await OperatedCharger.connect(
        behind_nginx, identity, boot=None, security_profile=2
    ) as cp:
        assert await refusal(behind_nginx, identity, None) == 401
        await charges(cp)


async def test_087_tls_with_the_charge_points_certificate(
    behind_nginx: GatewayBehindNginx, identity: str, tmp_path: Path
) -> None:
    # A00.FR.405: the certificate's common name is the serial number.
    serial_number = f"SN-{identity}"
    row = behind_nginx.register(identity, key=None, security_profile=3, serial_number=serial_number)
    unknown = Issuer(tmp_path, "Nobody knows it").issue(serial_number)
    expired = behind_nginx.issuer.issue(serial_number, days=-1)
    foreign = behind_nginx.issuer.issue("SN-OF-ANOTHER")
    # A00.FR.407: what the proxy cannot verify, and what is another's.
    assert await refusal(behind_nginx, identity, unknown) == 401
    assert await refusal(behind_nginx, identity, expired) == 401
    assert await refusal(behind_nginx, identity, foreign) == 401
    assert await refusal(behind_nginx, identity, None) == 401
    refusals = HandshakeRefusal.objects.filter(identity=identity)
    assert set(refusals.values_list("reason", "count")) == {
        ("bad_certificate", 2),
        ("foreign_certificate", 1),
        ("no_certificate", 1),
    }
    for rsa_key in (False, True):
        own = behind_nginx.issuer.issue(serial_number, rsa_key=rsa_key)
        charger = await behind_nginx.connect(
            identity, "ocpp1.6", key=None, tls=behind_nginx.client(own)
        )
        async with OperatedCharger(behind_nginx, row, charger) as cp:
            boot = BOOT_16 | {"chargePointSerialNumber": serial_number}
            assert (await cp.call("BootNotification", boot))["status"] == "Accepted"
            await cp.call("Heartbeat", {})
    assert ChargePoint.objects.get(pk=row.pk).security_profile == 3


async def test_074_the_certificate_that_was_handed_over_opens_the_door(
    behind_nginx: GatewayBehindNginx, identity: str, tmp_path: Path
) -> None:
    """By the gateway's own authority: there is no core here."""
    async with await OperatedCharger.connect(behind_nginx, identity, security_profile=2) as cp:
        foreign, _ = signing_request("ANOTHER-CHARGE-POINT")
        assert await cp.call("SignCertificate", {"csr": foreign}) == {"status": "Rejected"}
        csr, key = signing_request(identity)
        assert await cp.call("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
        handed = await cp.obey("CertificateSigned", {"status": "Accepted"})
    own = Issued(tmp_path / "own.pem", tmp_path / "own.key")
    own.certificate.write_text(handed["certificateChain"])
    own.key.write_bytes(private_pem(key))
    ChargePoint.objects.filter(pk=cp.row.pk).update(security_profile=3)
    charger = await behind_nginx.connect(
        identity, "ocpp1.6", key=None, tls=behind_nginx.client(own)
    )
    async with OperatedCharger(behind_nginx, cp.row, charger) as cp:
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Accepted"
