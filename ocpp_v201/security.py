"""A Security: passwords, certificates of the station, and its security events."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands import submission
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.stations import registry, security_events
from core_link import signing_requests

USES = {
    "ChargingStationCertificate": signing_requests.CHARGING_STATION,
    "V2GCertificate": signing_requests.V2G,
    "V2G20Certificate": signing_requests.V2G20,
}
OCPP_USES = OcppValues({use: name for name, use in USES.items()})

# The type of a security event that contains none.
UNKNOWN = "unknown"


def security_event(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    security_events.record(
        inbound, payload.get("type") or UNKNOWN, moment, payload.get("techInfo") or ""
    )
    return {}


async def ask_for_chain(inbound: Inbound) -> str | None:
    """A02.FR.03: pass the signing request to core or to our own authority."""
    payload = inbound.payload
    # Without a type, one certificate serves both uses; count it as the station's.
    use = USES.get(payload.get("certificateType", ""), signing_requests.CHARGING_STATION)
    return await signing_requests.chain_for(inbound, payload["csr"], use)


def sign_certificate(inbound: Inbound, chain: str | None) -> Payload:
    """A02: Accepted means that it will be signed; the certificate follows as a command."""
    use = USES.get(inbound.payload.get("certificateType", ""))
    inbound.emit("certificate.requested", {"use": use, "signed": chain is not None})
    if chain is None:
        return {"status": "Rejected"}
    submission.submit(
        ChargePoint.objects.get(pk=inbound.station.id),
        "certificate_signed",
        {"chain": chain} | ({"use": use} if use else {}) | _for_request(inbound.payload),
        requested_by="gateway",
    )
    return {"status": "Accepted"}


def _for_request(payload: Payload) -> Payload:
    """A02.FR.25: CertificateSigned repeats the request id."""
    number = payload.get("requestId")
    return {"for_request": number} if number is not None and number >= 0 else {}


def certificate_signed(unit: UnitOfWork, command: Command) -> Payload:
    payload: Payload = {"certificateChain": command.args["chain"]}
    if "use" in command.args:
        payload["certificateType"] = OCPP_USES[command.args["use"]]
    if "for_request" in command.args:
        payload["requestId"] = command.args["for_request"]
    return payload


def record_signed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") == "Accepted":
        unit.emit(
            command.charge_point_id,
            "certificate.installed",
            {"use": command.args.get("use"), "command_id": str(command.pk)},
        )


def rotate_password(unit: UnitOfWork, command: Command) -> Payload:
    """A01.FR.02: the gateway generates the password."""
    variable = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": registry.new_key(),
    }
    return {"setVariableData": [variable]}


BLOCK = Block(
    handlers={
        "SecurityEventNotification": Handler(
            # Stations send a security event again and again until it is accepted.
            security_event,
            dispensable=frozenset({"timestamp", "type"}),
        ),
        "SignCertificate": Handler(sign_certificate, decide=ask_for_chain),
    },
    commands={
        "certificate_signed": CommandTranslation("CertificateSigned", certificate_signed),
        "rotate_password": CommandTranslation("SetVariables", rotate_password),
    },
    responses={"CertificateSigned": ResponseReading(record=record_signed)},
)
