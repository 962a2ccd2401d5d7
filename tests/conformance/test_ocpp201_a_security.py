"""A Security: the CSMS test cases of OCPP 2.0.1, part 6, that need no TLS."""

import pytest
from cryptography import x509

from chargepoints.models import ChargePoint, Command, Credential, Message, SecurityEvent
from tests.fakes.charger import HandshakeRefusedError
from tests.fakes.core import FakeCore
from tests.operated import Payload, at, eventually
from tests.operated_station import BOOT, OperatedStation
from tests.pki import signing_request
from tests.running_gateway import KEY, RunningGateway


async def test_tc_a_01_csms_right_password(station: OperatedStation) -> None:
    await station.reconnect()
    assert (await station.boot())["status"] == "Accepted"
    await station.connector_is("Available")


async def test_tc_a_02_csms_user_name_of_another(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(
            station.row.identity, "ocpp2.0.1", user=f"{station.row.identity}-invalid"
        )
    assert refused.value.status == 401


async def test_tc_a_03_csms_wrong_password(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(station.row.identity, "ocpp2.0.1", key="not-the-password-at-all")
    assert refused.value.status == 401


async def rotate(station: OperatedStation, status: str) -> tuple[str, Payload]:
    """Ask for a new password; what the station was told it is, and the command."""
    named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    request, command = await station.command(
        "rotate_password",
        {},
        "SetVariables",
        {"setVariableResult": [named | {"attributeStatus": status}]},
    )
    (data,) = request["setVariableData"]
    password = data.pop("attributeValue")
    assert data == named
    assert 16 <= len(password) <= 40
    return password, command


async def refused_with(gateway: RunningGateway, identity: str, key: str) -> bool:
    try:
        charger = await gateway.connect(identity, "ocpp2.0.1", key=key)
    except HandshakeRefusedError as refused:
        return refused.status == 401
    await charger.close()
    return False


async def test_tc_a_09_csms_changes_the_password(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    password, command = await rotate(station, "Accepted")
    await station.reconnect(key=password)
    assert (await station.boot())["status"] == "Accepted"
    await station.connector_is("Available")
    assert (await station.settled(command)).state == "effect_confirmed"
    # A01.FR.03: from now on the new one alone.
    assert await refused_with(gateway, station.row.identity, KEY)


async def test_tc_a_10_csms_keeps_the_password_that_is_not_changed(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    password, command = await rotate(station, "Rejected")
    assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")
    await station.reconnect(key=KEY)
    assert (await station.boot())["status"] == "Accepted"
    assert await refused_with(gateway, station.row.identity, password)


async def test_an_accepted_password_shuts_the_door_to_the_old_one_at_once(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    """A01.FR.03: whether or not the station has used the new one."""
    password, command = await rotate(station, "Accepted")
    assert await refused_with(gateway, station.row.identity, KEY)
    await station.reconnect(key=password)
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_a_password_that_takes_a_reboot_leaves_the_old_one_until_it_is_used(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    """A01.FR.04 speaks of every status but Accepted."""
    password, _ = await rotate(station, "RebootRequired")
    await station.reconnect(key=KEY)
    await station.reconnect(key=password)
    assert await refused_with(gateway, station.row.identity, KEY)


async def test_a_new_password_whose_answer_was_lost_opens_the_door(
    station: OperatedStation, gateway: RunningGateway
) -> None:
    response = await station.post("rotate_password", {})
    assert response.status_code == 202
    _, request = await station.charger.expect_call("SetVariables")
    await station.reconnect(key=KEY)
    await station.reconnect(key=request["setVariableData"][0]["attributeValue"])
    assert Credential.objects.filter(charge_point=station.row).count() == 1


async def test_the_new_password_is_in_no_row(station: OperatedStation) -> None:
    password, command = await rotate(station, "Accepted")
    row = Command.objects.get(pk=command["id"])
    trace = await eventually(
        lambda: list(Message.objects.filter(charge_point=station.row, action="SetVariables"))
    )
    written = [str(row.request), str(row.args), trace[0].request]
    assert all(password not in text for text in written)
    assert all("(not shown)" in text for text in (written[0], written[2]))


async def test_a_password_is_not_set_by_hand(station: OperatedStation) -> None:
    refused = await station.refuses(
        "set_configuration", {"key": "SecurityCtrlr.BasicAuthPassword", "value": "x" * 20}
    )
    assert refused["code"] == "invalid_args"


async def renew(
    station: OperatedStation, message: str, use: str | None, status: str = "Accepted"
) -> Payload:
    """Trigger, request, sign, hand over; what the station was handed."""
    request, _ = await station.command(
        "trigger", {"message": message}, "TriggerMessage", {"status": "Accepted"}
    )
    assert request == {"requestedMessage": message}
    csr, key = signing_request(station.row.identity)
    typed = {"certificateType": use} if use else {}
    answer = await station.call("SignCertificate", {"csr": csr} | typed)
    assert answer == {"status": "Accepted"}
    handed = await station.obey("CertificateSigned", {"status": status})
    chain = x509.load_pem_x509_certificates(handed.pop("certificateChain").encode())
    assert handed == typed
    assert chain[0].public_key() == key.public_key()
    chain[0].verify_directly_issued_by(chain[1])
    return handed


async def test_tc_a_11_csms_renews_the_station_certificate(station: OperatedStation) -> None:
    await renew(station, "SignChargingStationCertificate", "ChargingStationCertificate")
    await eventually(lambda: station.events("certificate.installed"))


async def test_tc_a_12_csms_renews_the_v2g_certificate(station: OperatedStation) -> None:
    await renew(station, "SignV2GCertificate", "V2GCertificate")


async def test_tc_a_13_csms_renews_the_combined_certificate(station: OperatedStation) -> None:
    await renew(station, "SignCombinedCertificate", None)


async def test_tc_a_14_csms_is_told_that_the_certificate_is_invalid(
    station: OperatedStation,
) -> None:
    use = "ChargingStationCertificate"
    await renew(station, "SignChargingStationCertificate", use, "Rejected")
    found = Command.objects.filter(charge_point=station.row, type="certificate_signed")
    (command,) = await eventually(lambda: list(found.exclude(finished_at=None)))
    assert (command.state, command.error_code) == ("rejected", "Rejected")
    assert station.events("certificate.installed") == []


async def test_a_request_that_nobody_signs_is_rejected(
    station: OperatedStation, core: FakeCore
) -> None:
    answer = await station.call("SignCertificate", {"csr": "this is no request"})
    assert answer == {"status": "Rejected"}
    assert not Command.objects.filter(charge_point=station.row).exists()


async def test_a_security_event_is_kept_and_told_once(station: OperatedStation) -> None:
    event = {"type": "TamperDetectionActivated", "timestamp": at(), "techInfo": "<door>"}
    for _ in range(2):
        assert await station.call("SecurityEventNotification", event) == {}
    kept = SecurityEvent.objects.get(charge_point=station.row)
    assert (kept.type, kept.tech_info) == ("TamperDetectionActivated", "<door>")
    assert len(station.events("charge_point.security_event")) == 1


async def test_without_tls_no_header_and_no_password_opens_a_door_that_asks_for_it(
    gateway: RunningGateway, identity: str
) -> None:
    """A00.FR.306, FR.409: whoever is not the proxy cannot speak for it."""
    claimed = [("X-Forwarded-Proto", "https"), ("X-Client-Cert", "-----BEGIN%20CERTIFICATE-----")]
    for profile in (2, 3):
        name = f"{identity}-{profile}"
        gateway.register(name, security_profile=profile)
        with pytest.raises(HandshakeRefusedError) as refused:
            await gateway.connect(name, "ocpp2.0.1", headers=claimed)
        assert refused.value.status == 401


async def test_no_password_is_made_before_it_can_be_sent(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    """A rejected station is asked for nothing but its boot: until then the old one is all."""
    core.decisions.boots[identity] = {"status": "rejected", "interval_s": 30}
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        await station.call("BootNotification", BOOT)
        response = await station.post("rotate_password", {})
        assert Credential.objects.filter(charge_point=station.row).count() == 1
        core.decisions.boots[identity] = {"status": "accepted", "interval_s": 60}
        await station.boot()
        message_id, _ = await station.charger.expect_call("SetVariables")
        assert Credential.objects.filter(charge_point=station.row).count() == 2
        await station.charger.answer_error(message_id, "InternalError")
        assert (await station.settled(response.json())).state == "callerror"


async def test_a_security_profile_is_never_lowered(station: OperatedStation) -> None:
    """A05.FR.07."""
    ChargePoint.objects.filter(pk=station.row.pk).update(security_profile=2)
    args = {"slot": 1, "url": "ws://connect.example.com/ocpp", "security_profile": 1}
    assert (await station.refuses("set_network_profile", args))["code"] == "invalid_args"
