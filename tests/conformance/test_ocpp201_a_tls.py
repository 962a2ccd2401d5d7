"""A Security behind nginx: the CSMS test cases of OCPP 2.0.1, part 6, that need TLS."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from chargepoints.models import ChargePoint, HandshakeRefusal
from tests.fakes.charger import HandshakeRefusedError
from tests.gateway_behind_nginx import SUITES, GatewayBehindNginx
from tests.operated import Payload
from tests.operated_station import BOOT, OperatedStation
from tests.pki import Issued, Issuer, private_pem, signing_request

pytestmark = pytest.mark.services


def boot_of(serial_number: str) -> Payload:
    return BOOT | {"chargingStation": BOOT["chargingStation"] | {"serialNumber": serial_number}}


async def boots(station: OperatedStation, boot: Payload = BOOT) -> None:
    answer = await station.call("BootNotification", boot)
    assert answer["status"] == "Accepted"
    await station.connector_is("Available")


async def test_tc_a_04_csms_server_certificate(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    for suite in SUITES:
        agreed = await asyncio.to_thread(behind_nginx.agrees_on, suite)
        assert agreed == ("TLSv1.2", suite)
    async with await OperatedStation.connect(
        behind_nginx, identity, boot=None, security_profile=2
    ) as station:
        await boots(station)


async def test_tc_a_06_csms_tls_version_too_low(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    assert not await asyncio.to_thread(behind_nginx.speaks_old_tls)
    async with await OperatedStation.connect(
        behind_nginx, identity, boot=None, security_profile=2
    ) as station:
        await boots(station)


async def with_certificate(
    gateway: GatewayBehindNginx, charge_point: ChargePoint, issued: Issued
) -> OperatedStation:
    """A station of profile 3 sends no password."""
    charger = await gateway.connect(charge_point.identity, key=None, tls=gateway.client(issued))
    return OperatedStation(gateway, charge_point, charger)


async def test_tc_a_07_csms_client_certificate(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    charge_point = behind_nginx.register(
        identity, key=None, security_profile=3, serial_number=f"SN-{identity}"
    )
    for common_name in (identity, f"SN-{identity}"):
        issued = behind_nginx.issuer.issue(common_name)
        async with await with_certificate(behind_nginx, charge_point, issued) as station:
            await boots(station, boot_of(f"SN-{identity}"))


async def test_a_station_that_boots_as_another_than_its_certificate_is_closed(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    """B01.FR.11, FR.12."""
    charge_point = behind_nginx.register(
        identity, key=None, security_profile=3, serial_number=f"SN-{identity}"
    )
    issued = behind_nginx.issuer.issue(f"SN-{identity}")
    async with await with_certificate(behind_nginx, charge_point, issued) as station:
        await station.charger.send_call("BootNotification", boot_of("SN-of-another"))
        await station.charger.wait_closed()
    assert ChargePoint.objects.get(pk=charge_point.pk).serial_number == f"SN-{identity}"
    async with await with_certificate(behind_nginx, charge_point, issued) as station:
        await boots(station, boot_of(f"SN-{identity}"))


async def refusal(
    gateway: GatewayBehindNginx, charge_point: ChargePoint, issued: Issued | None
) -> int:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(charge_point.identity, key=None, tls=gateway.client(issued))
    return refused.value.status


async def test_tc_a_08_csms_client_certificate_that_is_invalid(
    behind_nginx: GatewayBehindNginx, identity: str, tmp_path: Path
) -> None:
    charge_point = behind_nginx.register(identity, key=None, security_profile=3)
    unknown = Issuer(tmp_path, "Nobody knows it").issue(identity)
    expired = behind_nginx.issuer.issue(identity, days=-1)
    # What the proxy cannot verify, and what is another's.
    assert await refusal(behind_nginx, charge_point, unknown) == 401
    assert await refusal(behind_nginx, charge_point, expired) == 401
    # A00.FR.408.
    bad = HandshakeRefusal.objects.get(identity=identity, reason="bad_certificate")
    assert (bad.count, "certificate has expired" in bad.remedy) == (2, True)
    foreign = behind_nginx.issuer.issue("ANOTHER-STATION")
    assert await refusal(behind_nginx, charge_point, foreign) == 401
    assert await refusal(behind_nginx, charge_point, None) == 401
    own = behind_nginx.issuer.issue(identity)
    async with await with_certificate(behind_nginx, charge_point, own) as station:
        await boots(station)


async def test_a_bad_certificate_closes_the_door_that_a_password_would_open(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    behind_nginx.register(identity, security_profile=2)
    expired = behind_nginx.client(behind_nginx.issuer.issue(identity, days=-1))
    with pytest.raises(HandshakeRefusedError) as refused:
        await behind_nginx.connect(identity, tls=expired)
    assert refused.value.status == 401
    claimed = [("X-Client-Cert-Fault", "certificate has expired")]
    async with await behind_nginx.connect(identity, headers=claimed):
        pass


async def test_a_certificate_of_another_operator_opens_nothing(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    """A00.FR.404; and none such is signed."""
    charge_point = behind_nginx.register(identity, key=None, security_profile=3)
    foreign = behind_nginx.issuer.issue(identity, organization="Another operator")
    assert await refusal(behind_nginx, charge_point, foreign) == 401
    trusted = behind_nginx.issuer.issue(identity, organization="ACME Charging Ltd.")
    async with await with_certificate(behind_nginx, charge_point, trusted) as station:
        await boots(station)
        csr, _ = signing_request(identity, organization="Another operator")
        assert await station.call("SignCertificate", {"csr": csr}) == {"status": "Rejected"}


async def test_a_certificate_in_a_header_of_the_charger_is_not_believed(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    behind_nginx.register(identity, key=None, security_profile=3)
    stolen = quote(behind_nginx.issuer.issue(identity).certificate.read_text())
    with pytest.raises(HandshakeRefusedError) as refused:
        await behind_nginx.connect(identity, key=None, headers=[("X-Client-Cert", stolen)])
    assert refused.value.status == 401


async def test_the_gateway_signs_the_certificate_a_station_then_uses(
    behind_nginx: GatewayBehindNginx, identity: str, tmp_path: Path
) -> None:
    """A02 and A03, by the gateway's own authority: there is no core here."""
    async with await OperatedStation.connect(behind_nginx, identity, security_profile=2) as station:
        foreign, _ = signing_request("ANOTHER-STATION")
        answer = await station.call("SignCertificate", {"csr": foreign})
        assert answer == {"status": "Rejected"}
        csr, key = signing_request(identity)
        assert await station.call("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
        handed = await station.obey("CertificateSigned", {"status": "Accepted"})
    issued = Issued(tmp_path / "own.pem", tmp_path / "own.key")
    issued.certificate.write_text(handed["certificateChain"])
    issued.key.write_bytes(private_pem(key))
    ChargePoint.objects.filter(pk=station.row.pk).update(security_profile=3)
    async with await with_certificate(behind_nginx, station.row, issued) as station:
        await boots(station)


PROFILE: Payload = {"slot": 1, "url": "wss://connect.example.com/ocpp", "security_profile": 3}


async def test_tc_a_19_csms_security_profile_is_raised(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    issued = behind_nginx.issuer.issue(identity)
    async with await OperatedStation.connect(behind_nginx, identity, security_profile=2) as station:
        request, _ = await station.command(
            "set_network_profile", PROFILE, "SetNetworkProfile", {"status": "Accepted"}
        )
        assert request["connectionData"]["securityProfile"] == 3
        key = {"name": "NetworkConfigurationPriority"}
        result = {"component": {"name": "OCPPCommCtrlr"}, "variable": key}
        request, _ = await station.command(
            "set_configuration",
            {"key": "OCPPCommCtrlr.NetworkConfigurationPriority", "value": "1,0"},
            "SetVariables",
            {"setVariableResult": [result | {"attributeStatus": "RebootRequired"}]},
        )
        assert request["setVariableData"][0]["attributeValue"] == "1,0"
        await station.command("reset", {"type": "on_idle"}, "Reset", {"status": "Accepted"})
    async with await with_certificate(behind_nginx, station.row, issued) as higher:
        await boots(higher)
    with pytest.raises(HandshakeRefusedError) as refused:
        await behind_nginx.connect(identity)
    assert refused.value.status == 401
    assert ChargePoint.objects.get(pk=station.row.pk).security_profile == 3
