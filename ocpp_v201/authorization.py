"""C Authorization: Authorize, and the idTokenInfo of all replies that contain one."""

from functools import partial

from django.db.models.functions import Lower

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command, DecidedBy, IdToken
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from chargepoints.services.certificates import installed_certificates
from chargepoints.services.commands import missing_effects
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from core_link import contracts, decisions
from ocpp_v201.dialect import Dialect

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
    additional = [
        (str(each.get("additionalIdToken", "")), str(each.get("type", "")))
        for each in id_token.get("additionalInfo") or ()
    ]
    return TokenAsked.from_charger(id_token["idToken"], id_token.get("type"), additional)


def id_token(named: Payload) -> Payload:
    """IdTokenType of a token; a missing type is looked up in the known tokens, else Central."""
    value, named_type = named["value"], named.get("type")
    if not named_type:
        known = IdToken.objects.alias(lower=Lower("value")).filter(lower=value.lower())
        types = set(known.exclude(type="").values_list("type", flat=True))
        named_type = types.pop() if len(types) == 1 else "Central"
    return {"idToken": value, "type": named_type}


def without_authorization(id_token: Payload) -> Decision | None:
    """C02.FR.02: a token of type NoAuthorization is accepted."""
    if id_token.get("type") != "NoAuthorization":
        return None
    return Decision(str(AuthorizationStatus.ACCEPTED), str(DecidedBy.LOCAL_TABLE))


def id_token_info(dialect: Dialect, decision: Decision) -> Payload:
    info: Payload = {"status": STATUS.get(AuthorizationStatus(decision.status), "Invalid")}
    if decision.group_id_token:
        group = decision.group_id_token[: dialect.longest_id_token]
        info["groupIdToken"] = {"idToken": group, "type": "Central"}
    if decision.expires_at is not None:
        info["cacheExpiryDateTime"] = ocpp_time(decision.expires_at)
    if decision.evse_ids:
        # C01.FR.20
        info["evseId"] = list(decision.evse_ids)
    if decision.charging_priority is not None:
        info["chargingPriority"] = decision.charging_priority
    # C01.FR.10, FR.11
    for name, language in zip(("language1", "language2"), decision.languages, strict=False):
        info[name] = language
    if decision.personal_message:
        message = decision.personal_message[: dialect.longest_personal_message]
        info["personalMessage"] = {"format": "UTF8", "content": message}
    return info


async def ask(inbound: Inbound) -> Decision:
    """C07: check the contract certificate too, if the station sent one."""
    payload = inbound.payload
    if (free := without_authorization(payload["idToken"])) is not None:
        return free
    contract = installed_certificates.contract(
        payload.get("iso15118CertificateHashData"), payload.get("certificate")
    )
    deciding = decisions.authorize(
        inbound,
        token(payload["idToken"]),
        context="authorize",
        certificate_hashes=contract.hashes if contract else None,
    )
    return await contracts.checked(deciding, contract)


def authorize(dialect: Dialect, inbound: Inbound, decision: Decision) -> Payload:
    payload = inbound.payload
    asked = token(payload["idToken"])
    decisions.remember(inbound, asked, decision)
    if not decision.accepted:
        missing_effects.token_refused(inbound.unit, inbound.station.id, asked, decision)
    answer: Payload = {"idTokenInfo": id_token_info(dialect, decision)}
    presented = payload.get("iso15118CertificateHashData") or payload.get("certificate")
    if presented and (standing := decision.certificate_status):
        answer["certificateStatus"] = _CERTIFICATE_STATUS[standing]
        answer["idTokenInfo"]["status"] = STATUS.get(contracts.token_status(decision), "Invalid")
    return answer


def clear_cache(unit: UnitOfWork, command: Command) -> Payload:
    return {}


def block(dialect: Dialect) -> Block:
    return Block(
        handlers={
            "Authorize": Handler(
                partial(authorize, dialect), decide=ask, dispensable=frozenset({"type"})
            )
        },
        commands={"clear_cache": CommandTranslation("ClearCache", clear_cache)},
    )
