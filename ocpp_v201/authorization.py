"""C Authorization: Authorize, and what an idTokenInfo says in every reply that has one."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.inbound import Inbound
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.services.authorization import Decision, TokenAsked
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Handler, Payload
from core_link import decisions

_STATUS = {
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


def token(id_token: Payload) -> TokenAsked:
    return TokenAsked(str(id_token["idToken"]), str(id_token["type"]))


def id_token_info(decision: Decision) -> Payload:
    info: Payload = {"status": _STATUS.get(AuthorizationStatus(decision.status), "Invalid")}
    if decision.group_id_token:
        info["groupIdToken"] = {"idToken": decision.group_id_token[:36], "type": "Central"}
    if decision.expires_at is not None:
        info["cacheExpiryDateTime"] = ocpp_time(decision.expires_at)
    if decision.personal_message:
        info["personalMessage"] = {"format": "UTF8", "content": decision.personal_message[:512]}
    return info


async def ask(inbound: Inbound) -> Decision:
    payload = inbound.payload
    hashes: list[Any] | None = payload.get("iso15118CertificateHashData")
    return await decisions.authorize(
        inbound.station,
        token(payload["idToken"]),
        context="authorize",
        certificate_hashes=hashes,
    )


def authorize(inbound: Inbound, decision: Decision) -> Payload:
    decisions.remember(inbound.unit, token(inbound.payload["idToken"]), decision)
    return {"idTokenInfo": id_token_info(decision)}


def clear_cache(unit: UnitOfWork, command: Command) -> Payload:
    return {}


HANDLERS = {"Authorize": Handler(authorize, decide=ask)}
COMMANDS = {"clear_cache": CommandTranslation("ClearCache", clear_cache)}
