"""C Authorization: the CSMS test cases of OCPP 2.0.1, part 6."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from tests.fakes.core import FakeCore
from tests.operated import Payload
from tests.operated_station import EVSE, Charging, OperatedStation

GROUP = "DEPOT-GROUP"
MASTER_GROUP = "MASTER-PASS"
CONTRACT: Payload = {"idToken": "DE-ACM-C12345678-9", "type": "eMAID"}


def token(value: str) -> Payload:
    return {"idToken": value, "type": "ISO14443"}


@pytest.fixture
def grouped(core: FakeCore) -> None:
    for value in ("GROUPED1", "GROUPED2"):
        core.decisions.tokens[value] = {"status": "accepted", "group_id_token": GROUP}
    core.decisions.tokens["MASTER1"] = {"status": "accepted", "group_id_token": MASTER_GROUP}


async def status_of(station: OperatedStation, value: str) -> str:
    answer = await station.call("Authorize", {"idToken": token(value)})
    return str(answer["idTokenInfo"]["status"])


def in_group(answer: Payload, group: str = GROUP) -> bool:
    info = answer["idTokenInfo"]
    return bool(info["status"] == "Accepted" and info["groupIdToken"]["idToken"] == group)


async def test_tc_c_02_csms_unknown_token(station: OperatedStation) -> None:
    assert await status_of(station, "INVALID1") == "Invalid"


async def test_tc_c_06_csms_blocked_token(station: OperatedStation) -> None:
    assert await status_of(station, "BLOCKED1") == "Blocked"


async def test_tc_c_07_csms_expired_token(station: OperatedStation) -> None:
    assert await status_of(station, "EXPIRED1") == "Expired"


async def plugged_in(station: OperatedStation) -> Charging:
    await station.connector_is("Occupied")
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    return charging


async def test_tc_c_08_csms_cached_token_that_is_accepted(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    answer = await charging.tell("Updated", "Authorized", idToken=token("04A1B2"))
    assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_tc_c_20_csms_cached_token_that_is_invalid(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    answer = await charging.tell("Updated", "Authorized", idToken=token("INVALID1"))
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")


async def test_tc_c_37_csms_cache_cleared(station: OperatedStation) -> None:
    answer = {"status": "Accepted"}
    request, command = await station.command("clear_cache", {}, "ClearCache", answer)
    assert request == {}
    assert command["state"] == "accepted"


async def test_tc_c_38_csms_cache_not_cleared(station: OperatedStation) -> None:
    answer = {"status": "Rejected"}
    _, command = await station.command("clear_cache", {}, "ClearCache", answer)
    assert command["state"] == "rejected"
    assert command["error"]["class"] == "station"


@pytest.mark.usefixtures("grouped")
async def test_tc_c_39_csms_started_by_one_and_ended_by_another_of_the_group(
    station: OperatedStation,
) -> None:
    charging = await plugged_in(station)
    assert in_group(await station.call("Authorize", {"idToken": token("GROUPED2")}))
    assert in_group(await charging.tell("Updated", "Authorized", idToken=token("GROUPED1")))
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    assert in_group(await station.call("Authorize", {"idToken": token("GROUPED2")}))
    assert in_group(await charging.tell("Updated", "StopAuthorized", idToken=token("GROUPED2")))
    await charging.tell("Ended", "EVCommunicationLost", "Idle")
    (row,) = station.transactions()
    assert (row.id_token, row.group_id_token) == ("GROUPED1", GROUP)


@pytest.mark.usefixtures("grouped")
async def test_tc_c_40_csms_group_whose_tokens_are_in_the_local_list(
    station: OperatedStation,
) -> None:
    entries = [
        {
            "id_token": {"value": value, "type": "ISO14443"},
            "status": "accepted",
            "group_id_token": GROUP,
        }
        for value in ("GROUPED1", "GROUPED2")
    ]
    args = {"update": "full", "entries": entries}
    await station.command("send_local_list", args, "SendLocalList", {"status": "Accepted"})
    charging = await plugged_in(station)
    assert in_group(await charging.tell("Updated", "Authorized", idToken=token("GROUPED1")))
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    assert in_group(await charging.tell("Updated", "StopAuthorized", idToken=token("GROUPED2")))
    await charging.tell("Ended", "EVCommunicationLost", "Idle")


@pytest.mark.usefixtures("grouped")
async def test_tc_c_43_csms_group_whose_list_entry_is_invalid(station: OperatedStation) -> None:
    charging = await plugged_in(station)
    assert in_group(await charging.tell("Updated", "Authorized", idToken=token("GROUPED1")))
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    assert in_group(await station.call("Authorize", {"idToken": token("GROUPED2")}))
    assert in_group(await charging.tell("Updated", "StopAuthorized", idToken=token("GROUPED2")))


async def charging_on(station: OperatedStation, *evses: int) -> list[Charging]:
    charging = [Charging(station) for _ in evses]
    for each, evse_id in zip(charging, evses, strict=True):
        evse = {"id": evse_id, "connectorId": 1}
        await each.tell("Started", "Authorized", "Charging", evse=evse, idToken=token("04A1B2"))
    return charging


async def stop_by_master_pass(station: OperatedStation, *charging: Charging) -> None:
    master = token("MASTER1")
    assert in_group(await station.call("Authorize", {"idToken": master}), MASTER_GROUP)
    for each in charging:
        info = {"stoppedReason": "MasterPass"}
        answer = await each.tell("Ended", "StopAuthorized", info=info, idToken=master)
        assert in_group(answer, MASTER_GROUP)
    ended = {row.transaction_id: row for row in station.transactions() if row.ended_at}
    assert set(ended) == {each.transaction_id for each in charging}
    assert all(row.stop_id_token == "MASTER1" for row in ended.values())


@pytest.mark.usefixtures("grouped")
async def test_tc_c_47_csms_master_pass_ends_all(station: OperatedStation) -> None:
    await stop_by_master_pass(station, *await charging_on(station, 1, 2))


@pytest.mark.usefixtures("grouped")
async def test_tc_c_48_csms_master_pass_ends_one(station: OperatedStation) -> None:
    first, _ = await charging_on(station, 1, 2)
    await stop_by_master_pass(station, first)


@pytest.mark.usefixtures("grouped")
async def test_tc_c_49_csms_master_pass_without_a_display(station: OperatedStation) -> None:
    await stop_by_master_pass(station, *await charging_on(station, 1, 2))


HASHES: Payload = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "cd" * 32,
    "serialNumber": "1f2e3d",
    "responderURL": "http://ocsp.example.com",
}


async def test_tc_c_50_csms_contract_certificate_checked_by_the_station(
    station: OperatedStation, core: FakeCore
) -> None:
    request = {"idToken": CONTRACT, "iso15118CertificateHashData": [HASHES]}
    answer = await station.call("Authorize", request)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert answer["certificateStatus"] == "Accepted"
    asked = [e for e in core.journal.decisions if e.request["charge_point"] == station.row.identity]
    assert asked[-1].request["certificate_hashes"] == [HASHES]


async def test_tc_c_51_csms_contract_certificate_that_is_revoked(
    station: OperatedStation, core: FakeCore
) -> None:
    core.decisions.tokens["DE-ACM-REVOKED-1"] = {
        "status": "accepted",
        "certificate_status": "revoked",
    }
    revoked = {"idToken": "DE-ACM-REVOKED-1", "type": "eMAID"}
    request = {"idToken": revoked, "iso15118CertificateHashData": [HASHES]}
    answer = await station.call("Authorize", request)
    assert answer["idTokenInfo"]["status"] == "Invalid"
    assert answer["certificateStatus"] == "CertificateRevoked"


async def test_tc_c_52_csms_contract_certificate_checked_centrally(
    station: OperatedStation, core: FakeCore
) -> None:
    answer = await station.call("Authorize", {"idToken": CONTRACT, "certificate": contract_chain()})
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert answer["certificateStatus"] == "Accepted"
    asked = [e for e in core.journal.decisions if e.request["charge_point"] == station.row.identity]
    (hashed,) = asked[-1].request["certificate_hashes"]
    assert hashed["serialNumber"] == "1f2e3d"
    assert hashed["responderURL"] == "http://ocsp.example.com"
    assert len(hashed["issuerKeyHash"]) == 64


def contract_chain() -> str:
    """A contract certificate and its issuer, PEM, as a car presents it."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def build(subject: str, serial_number: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("MO Root"))
            .public_key(key.public_key())
            .serial_number(serial_number)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    responder = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP,
        x509.UniformResourceIdentifier("http://ocsp.example.com"),
    )
    leaf = build("DE-ACM-C12345678-9", 0x1F2E3D).add_extension(
        x509.AuthorityInformationAccess([responder]), critical=False
    )
    chain = [leaf, build("MO Root", 1)]
    return "".join(
        each.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        for each in chain
    )


async def test_who_needs_no_authorization_has_it(station: OperatedStation, core: FakeCore) -> None:
    """C02.FR.02: a start button, for one; nobody is asked."""
    nobody = {"idToken": "", "type": "NoAuthorization"}
    charging = Charging(station)
    answer = await charging.tell("Started", "ChargingStateChanged", "Charging", idToken=nobody)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    asked = [e for e in core.journal.decisions if e.request["charge_point"] == station.row.identity]
    assert all(e.path != "/authorize" for e in asked)
    (row,) = station.transactions()
    assert (row.id_token, row.id_token_type) == ("", "NoAuthorization")
