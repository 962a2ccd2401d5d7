"""Authorize (1.6, 4.1), and the idTagInfo of all replies that contain one."""

from chargepoints.clock import ocpp_time
from chargepoints.models import AuthorizationStatus
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.commands import missing_effects
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from core_link import decisions
from ocpp_v16 import long_tags
from ocpp_v16.long_tags import LONGEST_ID_TAG

# 1.6 has five statuses (7.2). All other neutral statuses become Invalid or Blocked.
STATUS = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorizationStatus.NO_CREDIT: "Blocked",
}


def token(payload: Payload) -> TokenAsked:
    return TokenAsked.from_charger(payload.get("idTag"))


def id_tag_info(decision: Decision) -> Payload:
    info: Payload = {"status": STATUS.get(AuthorizationStatus(decision.status), "Invalid")}
    if decision.group_id_token and len(decision.group_id_token) <= LONGEST_ID_TAG:
        info["parentIdTag"] = decision.group_id_token
    if decision.expires_at is not None:
        info["expiryDate"] = ocpp_time(decision.expires_at)
    return info


async def ask(inbound: Inbound) -> Decision:
    await long_tags.shorten(inbound)
    return await decisions.authorize(
        inbound,
        token(inbound.payload),
        context="authorize",
    )


def authorize(inbound: Inbound, decision: Decision) -> Payload:
    asked = token(inbound.payload)
    decisions.remember(inbound, asked, decision)
    if not decision.accepted:
        missing_effects.token_refused(inbound.unit, inbound.station.id, asked, decision)
    return {"idTagInfo": id_tag_info(decision)}


BLOCK = Block(
    handlers={"Authorize": Handler(authorize, decide=ask)},
)
