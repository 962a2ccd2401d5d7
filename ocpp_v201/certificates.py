"""M Certificates: install, list, delete; and requests of cars and stations about them."""

from functools import partial
from typing import Any

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.certificates import installed_certificates
from chargepoints.services.certificates.installed_certificates import NotACertificate
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.commands.submission import CommandRefused
from core_link import certificates as core
from core_link.client import CoreUnreachable
from ocpp_v201.dialect import Dialect

ROOTS = OcppValues(
    {
        "csms_root": "CSMSRootCertificate",
        "manufacturer_root": "ManufacturerRootCertificate",
        "mo_root": "MORootCertificate",
        "oem_root": "OEMRootCertificate",
        "v2g_root": "V2GRootCertificate",
    }
)
LISTED = OcppValues(ROOTS | {"v2g_chain": "V2GCertificateChain"})
NEUTRAL_USE = {ocpp: use for use, ocpp in LISTED.items()}


def install(unit: UnitOfWork, command: Command) -> Payload:
    pem = command.args["certificate"].strip()
    try:
        installed_certificates.read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    return {"certificateType": ROOTS[command.args["use"]], "certificate": pem}


def record_installed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") == "Accepted":
        use = NEUTRAL_USE.get((command.request or {})["certificateType"])
        unit.emit(
            command.charge_point_id,
            "certificate.installed",
            {"use": use, "command_id": str(command.pk)},
        )


def list_installed(unit: UnitOfWork, command: Command) -> Payload:
    uses = command.args.get("uses")
    return {"certificateType": [LISTED[use] for use in uses]} if uses else {}


# M03.FR.02: NotFound means that the station has no certificate of these uses.
conclude_listed = accepting("Accepted", "NotFound")


def _neutral(name: str) -> str:
    return NEUTRAL_USE.get(name, name)


def record_listed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    _keep_listed(command, response)


def record_asked(unit: UnitOfWork, command: Command, response: Payload) -> None:
    listed = installed_certificates.listed(_keep_listed(command, response))
    command.result = {"certificates": listed}


def _keep_listed(command: Command, response: Payload) -> list[Payload]:
    found = []
    for each in response.get("certificateHashDataChain") or []:
        use = {"use": _neutral(each["certificateType"])}
        found.append(each["certificateHashData"] | use)
        found += [child | use for child in each.get("childCertificateHashData") or []]
    uses = [_neutral(name) for name in (command.request or {}).get("certificateType") or []]
    installed_certificates.replace_known(command.charge_point_id, uses, found, clock.now())
    return found


def delete(unit: UnitOfWork, command: Command) -> Payload:
    named = installed_certificates.named(command.charge_point_id, command.args)
    return {"certificateHashData": named}


def record_deleted(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # M04.FR.04: NotFound means that the station does not have the certificate any more.
    if response.get("status") in ("Accepted", "NotFound"):
        asked = (command.request or {})["certificateHashData"]
        installed_certificates.forget(command.charge_point_id, asked)


async def ask_exi(inbound: Inbound) -> str | None:
    payload = inbound.payload
    try:
        return await core.iso15118(
            inbound.station,
            payload["exiRequest"],
            str(payload["action"]).lower(),
            payload["iso15118SchemaVersion"],
        )
    except CoreUnreachable:
        return None


def ev_certificate(dialect: Dialect, inbound: Inbound, exi: str | None) -> Payload:
    """M01, M02: forward the car's request to the contract certificate pool, and its answer back."""
    if exi is None or len(exi) > dialect.longest_exi_response:
        return {"status": "Failed", "exiResponse": ""}
    return {"status": "Accepted", "exiResponse": exi}


async def ask_status(inbound: Inbound) -> str | None:
    return await core.status(inbound.station, inbound.payload["ocspRequestData"])


def certificate_status(dialect: Dialect, inbound: Inbound, result: Any) -> Payload:
    """M06.FR.08, FR.09: the OCSP response, or Failed without one."""
    if not result or len(result) > dialect.longest_ocsp_result:
        return {"status": "Failed"}
    return {"status": "Accepted", "ocspResult": result}


def block(dialect: Dialect) -> Block:
    return Block(
        handlers={
            "Get15118EVCertificate": Handler(partial(ev_certificate, dialect), decide=ask_exi),
            "GetCertificateStatus": Handler(
                partial(certificate_status, dialect), decide=ask_status
            ),
        },
        commands={
            "install_certificate": CommandTranslation("InstallCertificate", install),
            "get_certificates": CommandTranslation(
                "GetInstalledCertificateIds",
                list_installed,
                reading=ResponseReading(conclude_listed, record_asked),
            ),
            "delete_certificate": CommandTranslation("DeleteCertificate", delete),
        },
        responses={
            "InstallCertificate": ResponseReading(record=record_installed),
            "GetInstalledCertificateIds": ResponseReading(conclude_listed, record_listed),
            "DeleteCertificate": ResponseReading(record=record_deleted),
        },
    )
