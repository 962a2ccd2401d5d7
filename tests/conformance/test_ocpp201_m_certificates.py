"""M ISO 15118 certificates: the CSMS test cases of OCPP 2.0.1, part 6."""

import base64

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from chargepoints.models import InstalledCertificate
from chargepoints.services.certificates import installed_certificates
from tests.fakes.core import FakeCore
from tests.operated import Payload
from tests.operated_station import OperatedStation
from tests.pki import root_certificate

PEM = root_certificate("Some Root")
SIZES = {"SHA256": 64, "SHA384": 96, "SHA512": 128}


def hashes(algorithm: str = "SHA256", serial_number: str = "1a2b") -> Payload:
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": "a1" * (SIZES[algorithm] // 2),
        "issuerKeyHash": "b2" * (SIZES[algorithm] // 2),
        "serialNumber": serial_number,
    }


def listed(use: str, data: Payload, **more: object) -> Payload:
    return {"certificateType": use, "certificateHashData": data, **more}


async def install(station: OperatedStation, use: str, ocpp_use: str, status: str) -> Payload:
    args = {"use": use, "certificate": PEM}
    request, command = await station.command(
        "install_certificate", args, "InstallCertificate", {"status": status}
    )
    assert request == {"certificateType": ocpp_use, "certificate": PEM.strip()}
    return command


async def installed(station: OperatedStation, use: str, ocpp_use: str) -> None:
    command = await install(station, use, ocpp_use, "Accepted")
    assert command["state"] == "accepted"
    (told,) = station.events("certificate.installed")
    assert told.data == {"use": use, "command_id": command["id"]}


async def test_tc_m_01_csms_installs_a_csms_root(station: OperatedStation) -> None:
    await installed(station, "csms_root", "CSMSRootCertificate")


async def test_tc_m_02_csms_installs_a_manufacturer_root(station: OperatedStation) -> None:
    await installed(station, "manufacturer_root", "ManufacturerRootCertificate")


async def test_tc_m_03_csms_installs_a_v2g_root(station: OperatedStation) -> None:
    await installed(station, "v2g_root", "V2GRootCertificate")


async def test_tc_m_04_csms_installs_a_mobility_operator_root(station: OperatedStation) -> None:
    await installed(station, "mo_root", "MORootCertificate")


async def test_tc_m_05_csms_is_told_that_installing_failed(station: OperatedStation) -> None:
    command = await install(station, "csms_root", "CSMSRootCertificate", "Failed")
    assert (command["state"], command["error"]["code"]) == ("rejected", "Failed")
    assert station.events("certificate.installed") == []


async def test_what_is_no_certificate_is_never_sent(station: OperatedStation) -> None:
    refused = await station.refuses(
        "install_certificate", {"use": "csms_root", "certificate": "-----BEGIN NONSENSE-----"}
    )
    assert refused["code"] == "invalid_args"


async def list_certificates(
    station: OperatedStation, uses: list[str], ocpp_uses: list[str], answer: Payload
) -> list[InstalledCertificate]:
    args = {"uses": uses} if uses else {}
    request, command = await station.command(
        "get_certificates", args, "GetInstalledCertificateIds", answer
    )
    assert request == ({"certificateType": ocpp_uses} if uses else {})
    assert command["state"] == "accepted"
    return list(InstalledCertificate.objects.filter(charge_point=station.row).order_by("id"))


async def lists_one(station: OperatedStation, use: str, ocpp_use: str, algorithm: str) -> None:
    data = hashes(algorithm)
    answer = {"status": "Accepted", "certificateHashDataChain": [listed(ocpp_use, data)]}
    (known,) = await list_certificates(station, [use], [ocpp_use], answer)
    assert (known.use, known.hash_algorithm, known.serial_number) == (use, algorithm, "1a2b")


async def test_tc_m_12_csms_lists_csms_roots(station: OperatedStation) -> None:
    for algorithm in SIZES:
        await lists_one(station, "csms_root", "CSMSRootCertificate", algorithm)


async def test_tc_m_13_csms_lists_manufacturer_roots(station: OperatedStation) -> None:
    await lists_one(station, "manufacturer_root", "ManufacturerRootCertificate", "SHA256")


async def test_tc_m_14_csms_lists_v2g_roots(station: OperatedStation) -> None:
    await lists_one(station, "v2g_root", "V2GRootCertificate", "SHA256")


async def test_tc_m_15_csms_lists_the_v2g_chain(station: OperatedStation) -> None:
    chain = listed(
        "V2GCertificateChain", hashes(), childCertificateHashData=[hashes(serial_number="3c")]
    )
    answer = {"status": "Accepted", "certificateHashDataChain": [chain]}
    known = await list_certificates(station, ["v2g_chain"], ["V2GCertificateChain"], answer)
    assert [each.serial_number for each in known] == ["1a2b", "3c"]


async def test_tc_m_16_csms_lists_mobility_operator_roots(station: OperatedStation) -> None:
    await lists_one(station, "mo_root", "MORootCertificate", "SHA256")


async def test_tc_m_17_csms_lists_two_kinds(station: OperatedStation) -> None:
    kinds = ["CSMSRootCertificate", "ManufacturerRootCertificate"]
    chain = [listed(kind, hashes()) for kind in kinds]
    answer = {"status": "Accepted", "certificateHashDataChain": chain}
    known = await list_certificates(station, ["csms_root", "manufacturer_root"], kinds, answer)
    assert [each.use for each in known] == ["csms_root", "manufacturer_root"]


async def test_tc_m_18_csms_lists_all(station: OperatedStation) -> None:
    kinds = ["CSMSRootCertificate", "V2GRootCertificate", "MORootCertificate"]
    chain = [listed(kind, hashes()) for kind in kinds]
    answer = {"status": "Accepted", "certificateHashDataChain": chain}
    known = await list_certificates(station, [], [], answer)
    assert [each.use for each in known] == ["csms_root", "v2g_root", "mo_root"]


async def test_tc_m_19_csms_finds_none(station: OperatedStation) -> None:
    await lists_one(station, "manufacturer_root", "ManufacturerRootCertificate", "SHA256")
    known = await list_certificates(
        station, ["manufacturer_root"], ["ManufacturerRootCertificate"], {"status": "NotFound"}
    )
    assert known == []


async def test_certificates_are_told_over_the_api_as_they_are_deleted(
    station: OperatedStation,
) -> None:
    await lists_one(station, "csms_root", "CSMSRootCertificate", "SHA384")
    (told,) = (await station.http("GET", "certificates")).json()["results"]
    assert told.pop("read_at")
    assert told.pop("use") == "csms_root"
    request, _ = await station.command(
        "delete_certificate", told, "DeleteCertificate", {"status": "Accepted"}
    )
    assert request == {"certificateHashData": hashes("SHA384")}


async def delete(station: OperatedStation, data: Payload, status: str) -> Payload:
    args = {
        "hash_algorithm": data["hashAlgorithm"],
        "issuer_name_hash": data["issuerNameHash"],
        "issuer_key_hash": data["issuerKeyHash"],
        "serial_number": data["serialNumber"],
    }
    request, command = await station.command(
        "delete_certificate", args, "DeleteCertificate", {"status": status}
    )
    assert request == {"certificateHashData": data}
    return command


@pytest.mark.parametrize("algorithm", SIZES)
async def test_tc_m_20_csms_deletes_one(station: OperatedStation, algorithm: str) -> None:
    await installed(station, "csms_root", "CSMSRootCertificate")
    await lists_one(station, "csms_root", "CSMSRootCertificate", algorithm)
    command = await delete(station, hashes(algorithm), "Accepted")
    assert command["state"] == "accepted"
    assert not InstalledCertificate.objects.filter(charge_point=station.row).exists()


async def test_tc_m_21_csms_is_told_that_deleting_failed(station: OperatedStation) -> None:
    await lists_one(station, "csms_root", "CSMSRootCertificate", "SHA256")
    command = await delete(station, hashes(), "Failed")
    assert (command["state"], command["error"]["code"]) == ("rejected", "Failed")
    assert InstalledCertificate.objects.filter(charge_point=station.row).count() == 1


@pytest.mark.parametrize("algorithm", SIZES)
async def test_a_root_is_deleted_by_the_algorithm_it_was_listed_by(
    station: OperatedStation, algorithm: str
) -> None:
    """M04.FR.07."""
    number = f"{x509.load_pem_x509_certificate(PEM.encode()).serial_number:x}"
    data = hashes(algorithm, number)
    answer = {
        "status": "Accepted",
        "certificateHashDataChain": [listed("CSMSRootCertificate", data)],
    }
    await list_certificates(station, ["csms_root"], ["CSMSRootCertificate"], answer)
    request, _ = await station.command(
        "delete_certificate", {"certificate": PEM}, "DeleteCertificate", {"status": "Accepted"}
    )
    named = request["certificateHashData"]
    assert (named["hashAlgorithm"], named["serialNumber"]) == (algorithm, number)
    assert len(named["issuerKeyHash"]) == SIZES[algorithm]


async def test_a_root_that_was_listed_in_capitals_is_gone_when_it_is_deleted(
    station: OperatedStation,
) -> None:
    (root,) = installed_certificates.read_chain(PEM)
    data = installed_certificates.hash_data(root, root, "SHA256")
    capitals = {name: value.upper() for name, value in data.items()}
    chain = [listed("CSMSRootCertificate", capitals)]
    answer = {"status": "Accepted", "certificateHashDataChain": chain}
    await list_certificates(station, ["csms_root"], ["CSMSRootCertificate"], answer)
    await station.command(
        "delete_certificate", {"certificate": PEM}, "DeleteCertificate", {"status": "Accepted"}
    )
    assert not InstalledCertificate.objects.filter(charge_point=station.row).exists()


async def test_a_root_may_be_deleted_by_itself(station: OperatedStation) -> None:
    request, _ = await station.command(
        "delete_certificate", {"certificate": PEM}, "DeleteCertificate", {"status": "Accepted"}
    )
    data = request["certificateHashData"]
    assert data["hashAlgorithm"] == "SHA256"
    assert len(data["issuerNameHash"]) == len(data["issuerKeyHash"]) == 64


async def test_tc_m_24_csms_answers_with_the_ocsp_status(station: OperatedStation) -> None:
    data = hashes() | {"responderURL": "http://ocsp.example.com"}
    answer = await station.call("GetCertificateStatus", {"ocspRequestData": data})
    assert answer["status"] == "Accepted"
    response = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
    assert response.serial_number == 0x1A2B


async def test_without_a_status_the_station_is_told_failed(
    station: OperatedStation, core: FakeCore
) -> None:
    core.fail(path="/certificates/status", status=404)
    data = hashes() | {"responderURL": "http://ocsp.example.com"}
    answer = await station.call("GetCertificateStatus", {"ocspRequestData": data})
    assert answer == {"status": "Failed"}


async def exi(station: OperatedStation, action: str) -> None:
    stream = base64.b64encode(b"an EXI stream").decode()
    answer = await station.call(
        "Get15118EVCertificate",
        {
            "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
            "action": action,
            "exiRequest": stream,
        },
    )
    assert answer == {"status": "Accepted", "exiResponse": stream}


async def test_tc_m_26_csms_installs_a_contract_certificate(station: OperatedStation) -> None:
    await exi(station, "Install")


async def test_tc_m_28_csms_updates_a_contract_certificate(station: OperatedStation) -> None:
    await exi(station, "Update")
