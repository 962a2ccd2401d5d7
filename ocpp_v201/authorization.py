"""C Authorization: Authorize, and what an idTokenInfo says in every reply that has one."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.inbound import Inbound
from chargepoints.models import AuthorizationStatus, Command, DecidedBy
from chargepoints.services import certificates, effect_causes
from chargepoints.services.authorization import Decision, TokenAsked
from chargepoints.services.certificates import NotACertificate
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Handler, Payload
from core_link import decisions

STATUS = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    AuthorizationStatus.NO_CREDIT: "NoCredit",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "NotAllowedTypeEVSE",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "NotAtThisLocation",
    AuthorizationStatus.NOT_AT_THIS_TIME: "NotAtThisTime",
    AuthorizationStatus.UNKNOWN: "Unknown",
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


def token(id_token: Payload) -> TokenAsked:
    return TokenAsked(str(id_token["idToken"]), str(id_token["type"]))


def id_token_info(decision: Decision) -> Payload:
    info: Payload = {"status": STATUS.get(AuthorizationStatus(decision.status), "Invalid")}
    if decision.group_id_token:
        info["groupIdToken"] = {"idToken": decision.group_id_token[:36], "type": "Central"}
    if decision.expires_at is not None:
        info["cacheExpiryDateTime"] = ocpp_time(decision.expires_at)
    if decision.personal_message:
        info["personalMessage"] = {"format": "UTF8", "content": decision.personal_message[:512]}
    return info


async def ask(inbound: Inbound) -> Decision:
    payload = inbound.payload
    return await decisions.authorize(
        inbound.station,
        token(payload["idToken"]),
        context="authorize",
        received_at=inbound.received_at,
        certificate_hashes=_hashes(payload),
    )


def _hashes(payload: Payload) -> list[dict[str, Any]] | None:
    """C07: the station's own hashes, or those of the chain it could not check itself."""
    if hashes := payload.get("iso15118CertificateHashData"):
        return list(hashes)
    if not payload.get("certificate"):
        return None
    try:
        chain = certificates.read_chain(payload["certificate"])
    except NotACertificate:
        return None
    return [dict(data) for data in certificates.ocsp_data(chain)]


def authorize(inbound: Inbound, decision: Decision) -> Payload:
    payload = inbound.payload
    asked = token(payload["idToken"])
    decisions.remember(inbound.unit, asked, decision)
    if not decision.accepted:
        effect_causes.token_refused(inbound.unit, inbound.station.id, asked, decision)
    answer: Payload = {"idTokenInfo": id_token_info(decision)}
    presented = payload.get("iso15118CertificateHashData") or payload.get("certificate")
    if presented and (status := _certificate_status(decision)):
        answer["certificateStatus"] = status
        if status == "CertificateRevoked":
            # C07.FR.16: whatever may be said of the token itself.
            answer["idTokenInfo"]["status"] = "Invalid"
    return answer


def _certificate_status(decision: Decision) -> str:
    """Only core knows; where it says nothing, its word on the token is its word on this."""
    if decision.decided_by != DecidedBy.CORE:
        return ""
    implied = "accepted" if decision.accepted else "contract_cancelled"
    return _CERTIFICATE_STATUS[decision.certificate_status or implied]


def clear_cache(unit: UnitOfWork, command: Command) -> Payload:
    return {}


HANDLERS = {"Authorize": Handler(authorize, decide=ask)}
COMMANDS = {"clear_cache": CommandTranslation("ClearCache", clear_cache)}
