"""Certificates (security whitepaper, M03 to M05): installed, listed, deleted."""

from django.utils import timezone

from chargepoints.models import Command
from chargepoints.services import certificates
from chargepoints.services.certificates import NotACertificate
from chargepoints.services.commands import CommandRefused
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Conclusion, Payload, ResponseReading

ROOTS = {
    "csms_root": "CentralSystemRootCertificate",
    "manufacturer_root": "ManufacturerRootCertificate",
}
HASHES = {
    "hashAlgorithm": "hash_algorithm",
    "issuerNameHash": "issuer_name_hash",
    "issuerKeyHash": "issuer_key_hash",
    "serialNumber": "serial_number",
}


def _ocpp_use(use: str) -> str:
    if use not in ROOTS:
        raise CommandRefused("not_supported", f"OCPP 1.6 knows no certificates of the use {use}")
    return ROOTS[use]


def install(unit: UnitOfWork, command: Command) -> Payload:
    pem = command.args["certificate"].strip()
    try:
        certificates.read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    return {"certificateType": _ocpp_use(command.args["use"]), "certificate": pem}


def record_installed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        use = (command.request or {}).get("certificateType")
        unit.emit(command.charge_point_id, "certificate.installed", {"use": use})


def _uses(command: Command) -> list[str]:
    return [_ocpp_use(use) for use in command.args.get("uses") or ROOTS]


def _listed(command: Command) -> list[str]:
    listed: list[str] = (command.result or {}).get("listed", [])
    return listed


def list_installed(unit: UnitOfWork, command: Command) -> Payload:
    """One request a use, so a command may need several."""
    return {"certificateType": _uses(command)[len(_listed(command))]}


def record_listed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    use = (command.request or {})["certificateType"]
    found = [each | {"use": use} for each in response.get("certificateHashData") or []]
    certificates.replace_known(command.charge_point_id, [use], found, timezone.now())
    if command.type == "get_certificates":
        known = (command.result or {}).get("certificates", [])
        command.result = {"listed": [*_listed(command), use], "certificates": [*known, *found]}


def conclude_listed(command: Command, response: Payload) -> Conclusion:
    status = str(response["status"])
    # NotFound says that there is none of the use.
    if status not in ("Accepted", "NotFound"):
        return Conclusion(Command.State.REJECTED, error_code=status)
    if command.type == "get_certificates" and len(_listed(command)) < len(_uses(command)):
        return Conclusion(Command.State.QUEUED)
    return Conclusion(Command.State.ACCEPTED)


def delete(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if "certificate" in args:
        return {"certificateHashData": _of_root(args["certificate"])}
    if missing := [name for name in HASHES.values() if name not in args]:
        raise CommandRefused("invalid_args", f"missing: {', '.join(missing)}")
    return {"certificateHashData": {ocpp: args[name] for ocpp, name in HASHES.items()}}


def _of_root(pem: str) -> Payload:
    try:
        (root, *_) = certificates.read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    if root.subject != root.issuer:
        raise CommandRefused("invalid_args", "not self-signed: name it by its hashes")
    return dict(certificates.hash_data(root, root))


def record_deleted(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # NotFound means that it is not there either.
    if response["status"] in ("Accepted", "NotFound"):
        asked = (command.request or {})["certificateHashData"]
        certificates.forget(command.charge_point_id, asked)


COMMANDS = {
    "install_certificate": CommandTranslation("InstallCertificate", install),
    "get_certificates": CommandTranslation("GetInstalledCertificateIds", list_installed),
    "delete_certificate": CommandTranslation("DeleteCertificate", delete),
}
RESPONSES = {
    "InstallCertificate": ResponseReading(record=record_installed),
    "GetInstalledCertificateIds": ResponseReading(conclude_listed, record_listed),
    "DeleteCertificate": ResponseReading(record=record_deleted),
}
