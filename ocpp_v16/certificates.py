"""Certificates (security whitepaper, M03 to M05): install, list, delete.

Those of Plug & Charge use the same commands, wrapped in DataTransfer.
"""

from collections.abc import Callable

from chargepoints import clock
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
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.commands.submission import CommandRefused
from ocpp_v16 import plug_and_charge

ROOTS = OcppValues(
    {
        "csms_root": "CentralSystemRootCertificate",
        "manufacturer_root": "ManufacturerRootCertificate",
    }
)
NAMES = OcppValues(ROOTS | plug_and_charge.USES)
NEUTRAL_USE = {ocpp: use for use, ocpp in NAMES.items()}


def _use_named(command: Command) -> str:
    use = str(command.args.get("use", ""))
    return "v2g_chain" if use == "v2g" else use


def _next_use(command: Command) -> str:
    """The next use to request: 1.6 lists the certificates of one use at a time."""
    uses, listed = _uses(command), len(_listed(command))
    return uses[min(listed, len(uses) - 1)]


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


def _asked(use: str, message: str, payload: Payload) -> Payload:
    """Wrap the request in DataTransfer if it is about a certificate of Plug & Charge."""
    return plug_and_charge.wrap(message, payload) if use in plug_and_charge.USES else payload


def install(unit: UnitOfWork, command: Command) -> Payload:
    pem = command.args["certificate"].strip()
    try:
        installed_certificates.read_chain(pem)
    except NotACertificate as error:
        raise CommandRefused("invalid_args", f"no certificate in PEM: {error}") from error
    payload = {"certificateType": NAMES[command.args["use"]], "certificate": pem}
    return _asked(_use_named(command), "InstallCertificate", payload)


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
    """Request the certificates of one use; a command may need several requests."""
    use = _next_use(command)
    if use in plug_and_charge.USES:
        payload = {"certificateType": [NAMES[use]]}
        return plug_and_charge.wrap("GetInstalledCertificateIds", payload)
    return {"certificateType": NAMES[use]}


def record_listed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    _store(command, *_found(command, response))


def record_part(unit: UnitOfWork, command: Command, response: Payload) -> None:
    """Record the certificates of one use, and the results of all requests so far."""
    use, found = _found(command, response)
    _store(command, use, found)
    known = (command.result or {}).get("certificates", [])
    command.result = {
        "listed": [*_listed(command), use],
        "certificates": [*known, *installed_certificates.listed(found)],
    }


def _found(command: Command, response: Payload) -> tuple[str, list[Payload]]:
    """The requested use, and its certificates; Plug & Charge lists them as chains."""
    said = plug_and_charge.asked(command)["certificateType"]
    name = said[0] if isinstance(said, list) else said
    use = str(NEUTRAL_USE.get(name, name))
    found = list(response.get("certificateHashData") or [])
    for chain in response.get("certificateHashDataChain") or []:
        found += [chain["certificateHashData"], *(chain.get("childCertificateHashData") or [])]
    return use, [each | {"use": use} for each in found]


def _store(command: Command, use: str, found: list[Payload]) -> None:
    installed_certificates.replace_known(command.charge_point_id, [use], found, clock.now())


def conclude_listed(command: Command, response: Payload) -> Conclusion:
    status = str(response.get("status", ""))
    # NotFound means that the charge point has no certificate of this use.
    if status not in ("Accepted", "NotFound"):
        return Conclusion(Command.State.REJECTED, error_code=status)
    return Conclusion(Command.State.ACCEPTED)


def conclude_part(command: Command, response: Payload) -> Conclusion:
    said = conclude_listed(command, response)
    if said.state == Command.State.ACCEPTED and len(_listed(command)) < len(_uses(command)):
        return Conclusion(Command.State.QUEUED)
    return said


def delete(unit: UnitOfWork, command: Command) -> Payload:
    named = installed_certificates.named(command.charge_point_id, command.args)
    return _asked(_installed_as(command), "DeleteCertificate", {"certificateHashData": named})


def record_deleted(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # NotFound means that the charge point does not have the certificate any more.
    if response.get("status") in ("Accepted", "NotFound"):
        named = plug_and_charge.asked(command)["certificateHashData"]
        installed_certificates.forget(command.charge_point_id, named)


def certificate_signed(unit: UnitOfWork, command: Command) -> Payload:
    """A02: send the signed certificate after a SignCertificate."""
    chain = {"certificateChain": command.args["chain"]}
    return _asked(_use_named(command), "CertificateSigned", chain)


def _translation(
    action: str,
    compose: Callable[[UnitOfWork, Command], Payload],
    use: Callable[[Command], str],
    reading: ResponseReading,
) -> CommandTranslation:
    def choose(command: Command) -> str:
        return "DataTransfer" if use(command) in plug_and_charge.USES else action

    return CommandTranslation(action, compose, choose, reading=reading)


_INSTALLED = plug_and_charge.reading(record=record_installed)
BLOCK = Block(
    commands={
        "install_certificate": _translation("InstallCertificate", install, _use_named, _INSTALLED),
        "get_certificates": _translation(
            "GetInstalledCertificateIds",
            list_installed,
            _next_use,
            plug_and_charge.reading(conclude_part, record_part),
        ),
        "delete_certificate": _translation(
            "DeleteCertificate",
            delete,
            _installed_as,
            plug_and_charge.reading(record=record_deleted),
        ),
        "certificate_signed": _translation(
            "CertificateSigned", certificate_signed, _use_named, _INSTALLED
        ),
    },
    responses={
        "CertificateSigned": ResponseReading(record=record_installed),
        "InstallCertificate": ResponseReading(record=record_installed),
        "GetInstalledCertificateIds": ResponseReading(conclude_listed, record_listed),
        "DeleteCertificate": ResponseReading(record=record_deleted),
    },
)
