"""Plug & Charge in DataTransfer (Using ISO 15118 Plug & Charge with OCPP 1.6, v1.0).

The messages are those of OCPP 2.0.1, as JSON text in `data`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Conclusion, Payload, ResponseReading, by_status
from chargepoints.services.certificates import installed_certificates
from chargepoints.services.commands import submission
from chargepoints.services.tokens.authorization import TokenAsked
from core_link import certificates as core
from core_link import contracts, decisions, signing_requests
from core_link.client import CoreUnreachable
from core_link.decisions import DataTransferAnswer
from ocpp_v16.authorization import STATUS

Record = Callable[[UnitOfWork, Command, Payload], None]

VENDOR = "org.openchargealliance.iso15118pnc"
EMAID = "eMAID"
# 8.7 and 8.12: the certificate uses that are wrapped in DataTransfer.
USES = {
    "v2g_root": "V2GRootCertificate",
    "mo_root": "MORootCertificate",
    "v2g_chain": "V2GCertificateChain",
}
_CERTIFICATE_STATUS = {
    "accepted": "Accepted",
    "signature_error": "SignatureError",
    "expired": "CertificateExpired",
    "revoked": "CertificateRevoked",
    "none_available": "NoCertificateAvailable",
    "chain_error": "CertChainError",
    "contract_cancelled": "ContractCancelled",
}


def wrap(message: str, payload: Payload) -> Payload:
    """A request to the charge point."""
    return {"vendorId": VENDOR, "messageId": message, "data": orjson.dumps(payload).decode()}


def unwrap(data: Any) -> Payload:
    """The payload in `data`; empty if it cannot be read."""
    try:
        inside = orjson.loads(data or "")
    except (orjson.JSONDecodeError, TypeError):
        return {}
    return inside if isinstance(inside, dict) else {}


async def answer(inbound: Inbound) -> DataTransferAnswer:
    """Answer a message of a charge point, with the help of core and the certificate authorities."""
    handler = _HANDLERS.get(inbound.payload.get("messageId") or "")
    if handler is None:
        return DataTransferAnswer("unknown_message_id")
    try:
        return DataTransferAnswer("accepted", await handler(inbound, _asked(inbound)))
    except (KeyError, TypeError, ValueError):
        return DataTransferAnswer("rejected")


def _asked(inbound: Inbound) -> Payload:
    return unwrap(inbound.payload.get("data"))


async def _authorize(inbound: Inbound, asked: Payload) -> Payload:
    contract = installed_certificates.contract(
        asked.get("iso15118CertificateHashData"), str(asked.get("certificate") or "")
    )
    deciding = decisions.authorize(
        inbound,
        TokenAsked(str(asked["idToken"]["idToken"]), EMAID),
        context="authorize",
        certificate_hashes=contract.hashes if contract else None,
    )
    decision = await contracts.checked(deciding, contract)
    info: Payload = {"status": STATUS.get(contracts.token_status(decision), "Invalid")}
    if decision.expires_at is not None:
        info["cacheExpiryDateTime"] = ocpp_time(decision.expires_at)
    answer: Payload = {"idTokenInfo": info}
    if decision.certificate_status:
        answer["certificateStatus"] = _CERTIFICATE_STATUS[decision.certificate_status]
    return answer


async def _ev_certificate(inbound: Inbound, asked: Payload) -> Payload:
    try:
        exi = await core.iso15118(
            inbound.station,
            str(asked["exiRequest"]),
            str(asked["action"]).lower(),
            str(asked["iso15118SchemaVersion"]),
        )
    except CoreUnreachable:
        exi = None
    return {"status": "Accepted" if exi else "Failed", "exiResponse": exi or ""}


async def _certificate_status(inbound: Inbound, asked: Payload) -> Payload:
    result = await core.status(inbound.station, asked["ocspRequestData"])
    return {"status": "Accepted", "ocspResult": result} if result else {"status": "Failed"}


async def _sign_certificate(inbound: Inbound, asked: Payload) -> Payload:
    chain = await signing_requests.chain_for(inbound, str(asked["csr"]), signing_requests.V2G)
    return {"status": "Accepted" if chain else "Rejected", "chain": chain}


def settle(inbound: Inbound, given: DataTransferAnswer) -> DataTransferAnswer:
    """Queue a command with the signed chain, in the message's database transaction."""
    if inbound.payload.get("messageId") != "SignCertificate" or given.status != "accepted":
        return given
    chain = given.data["chain"]
    use = signing_requests.V2G
    inbound.emit("certificate.requested", {"use": use, "signed": chain is not None})
    if chain is not None:
        submission.submit(
            ChargePoint.objects.get(pk=inbound.station.id),
            "certificate_signed",
            {"chain": chain, "use": use},
            requested_by="gateway",
        )
    return DataTransferAnswer("accepted", {"status": given.data["status"]})


def asked(command: Command) -> Payload:
    """The request to the charge point, without the DataTransfer around it."""
    request = command.request or {}
    return unwrap(request.get("data")) if _is_wrapped(request) else request


def _is_wrapped(request: Payload) -> bool:
    return request.get("vendorId") == VENDOR


def reading(
    conclude: Callable[[Command, Payload], Conclusion] = by_status, record: Record | None = None
) -> ResponseReading:
    """Read an answer, also if it is wrapped in the answer to a DataTransfer."""

    def conclude_inside(command: Command, response: Payload) -> Conclusion:
        if not _is_wrapped(command.request or {}):
            return conclude(command, response)
        said = by_status(command, response)
        if said.state != Command.State.ACCEPTED:
            return said
        inside = unwrap(response.get("data"))
        if not inside:
            return Conclusion(Command.State.REJECTED, "bad_response", "`data` contains no answer")
        return conclude(command, inside)

    def record_inside(unit: UnitOfWork, command: Command, response: Payload) -> None:
        wrapped = _is_wrapped(command.request or {})
        inside = unwrap(response.get("data")) if wrapped else response
        if record is not None and inside:
            record(unit, command, inside)

    return ResponseReading(conclude_inside, record_inside)


_HANDLERS: dict[str, Callable[[Inbound, Payload], Awaitable[Payload]]] = {
    "Authorize": _authorize,
    "Get15118EVCertificate": _ev_certificate,
    "GetCertificateStatus": _certificate_status,
    "SignCertificate": _sign_certificate,
}
