"""Certificates (security whitepaper, M03 to M05): installed, listed, deleted.

Those of Plug & Charge go the same ways, wrapped in DataTransfer.
"""

from functools import partial

from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, InstalledCertificate
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
)
from chargepoints.services.certificates import installed_certificates
from chargepoints.services.certificates.installed_certificates import NotACertificate
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.commands.words import Words
from ocpp_v16 import plug_and_charge

ROOTS = Words(
    {
        "csms_root": "CentralSystemRootCertificate",
        "manufacturer_root": "ManufacturerRootCertificate",
    }
)
NAMES = Words(ROOTS | plug_and_charge.USES)
NEUTRAL_USE = {ocpp: use for use, ocpp in NAMES.items()}


def choose(action: str, command: Command) -> str:
    """The action, or DataTransfer for a certificate of Plug & Charge."""
    return "DataTransfer" if _use(command) in plug_and_charge.USES else action


def _use(command: Command) -> str:
    """The use that the (next) request is about."""
    args = command.args
    if command.type == "get_certificates":
        uses, listed = _uses(command), len(_listed(command))
        return uses[min(listed, len(uses) - 1)]
    if command.type == "delete_certificate":
        return _installed_as(command)
    return "v2g_chain" if args.get("use") == "v2g" else str(args.get("use", ""))


def _installed_as(command: Command) -> str:
    """The use under which the charge point listed the certificate that is to be deleted."""
    try:
        named = installed_certificates.named(command.charge_point_id, command.args)
    except CommandRefused:
        return ""
    known = InstalledCertificate.objects.filter(
        charge_point_id=command.charge_point_id,
        serial_number__iexact=named["serialNumber"],
        issuer_key_hash__iexact=named["issuerKeyHash"],
    ).first()
    return known.use if known else ""


def _asked(command: Command, message: str, payload: Payload) -> Payload:
    wrapped = _use(command) in plug_and_charge.USES
    return plug_and_charge.wrap(message, payload) if wrapped else payload


def install(unit: UnitOfWork, command: Command) -> Payload:
    pem = command.args["certificate"].strip()
    try:
        installed_certificates.read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    payload = {"certificateType": NAMES[command.args["use"]], "certificate": pem}
    return _asked(command, "InstallCertificate", payload)


def record_installed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") == "Accepted":
        asked = command.request or {}
        use = command.args.get("use") or NEUTRAL_USE.get(asked.get("certificateType", ""))
        unit.emit(
            command.charge_point_id,
            "certificate.installed",
            {"use": use, "command_id": str(command.pk)},
        )


def _uses(command: Command) -> list[str]:
    return list(command.args.get("uses") or ROOTS)


def _listed(command: Command) -> list[str]:
    listed: list[str] = (command.result or {}).get("listed", [])
    return listed


def list_installed(unit: UnitOfWork, command: Command) -> Payload:
    """One request a use, so a command may need several."""
    use = _use(command)
    if use in plug_and_charge.USES:
        return _asked(command, "GetInstalledCertificateIds", {"certificateType": [NAMES[use]]})
    return {"certificateType": NAMES[use]}


def record_listed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    use = (command.request or {})["certificateType"]
    _keep_listed(command, use, response.get("certificateHashData") or [])


def _keep_listed(command: Command, use: str, found: list[Payload]) -> None:
    use = NEUTRAL_USE.get(use, use)
    found = [each | {"use": use} for each in found]
    installed_certificates.replace_known(command.charge_point_id, [use], found, timezone.now())
    if command.type == "get_certificates":
        known = (command.result or {}).get("certificates", [])
        command.result = {
            "listed": [*_listed(command), use],
            "certificates": [*known, *installed_certificates.listed(found)],
        }


def record_wrapped(unit: UnitOfWork, command: Command, inside: Payload) -> None:
    """The answer of Plug & Charge to one of the commands here."""
    asked = plug_and_charge.unwrap((command.request or {})["data"])
    if command.type == "get_certificates":
        found = []
        for each in inside.get("certificateHashDataChain") or []:
            found += [each["certificateHashData"], *(each.get("childCertificateHashData") or [])]
        _keep_listed(command, asked["certificateType"][0], found)
    elif command.type == "delete_certificate":
        _forget(command, asked, inside)
    elif command.type in ("install_certificate", "certificate_signed"):
        record_installed(unit, command, inside)


def conclude_listed(command: Command, response: Payload) -> Conclusion:
    status = str(response.get("status", ""))
    # NotFound says that there is none of the use.
    if status not in ("Accepted", "NotFound"):
        return Conclusion(Command.State.REJECTED, error_code=status)
    if command.type == "get_certificates" and len(_listed(command)) < len(_uses(command)):
        return Conclusion(Command.State.QUEUED)
    return Conclusion(Command.State.ACCEPTED)


def delete(unit: UnitOfWork, command: Command) -> Payload:
    named = installed_certificates.named(command.charge_point_id, command.args)
    return _asked(command, "DeleteCertificate", {"certificateHashData": named})


def record_deleted(unit: UnitOfWork, command: Command, response: Payload) -> None:
    _forget(command, command.request or {}, response)


def _forget(command: Command, asked: Payload, response: Payload) -> None:
    # NotFound means that it is not there either.
    if response.get("status") in ("Accepted", "NotFound"):
        installed_certificates.forget(command.charge_point_id, asked["certificateHashData"])


def certificate_signed(unit: UnitOfWork, command: Command) -> Payload:
    """A02: the answer to a request to sign."""
    return _asked(command, "CertificateSigned", {"certificateChain": command.args["chain"]})


BLOCK = Block(
    commands={
        "install_certificate": CommandTranslation(
            "InstallCertificate", install, partial(choose, "InstallCertificate")
        ),
        "get_certificates": CommandTranslation(
            "GetInstalledCertificateIds",
            list_installed,
            partial(choose, "GetInstalledCertificateIds"),
        ),
        "delete_certificate": CommandTranslation(
            "DeleteCertificate", delete, partial(choose, "DeleteCertificate")
        ),
        "certificate_signed": CommandTranslation(
            "CertificateSigned", certificate_signed, partial(choose, "CertificateSigned")
        ),
    },
    responses={
        "CertificateSigned": ResponseReading(record=record_installed),
        "InstallCertificate": ResponseReading(record=record_installed),
        "GetInstalledCertificateIds": ResponseReading(conclude_listed, record_listed),
        "DeleteCertificate": ResponseReading(record=record_deleted),
    },
)
