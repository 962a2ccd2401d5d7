"""Core's decisions: whether a token may charge or a charge point may join, and DataTransfers.

The version apps call them on the event loop, before and outside of any database transaction.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from django.conf import settings

from chargepoints import clock, key_codes
from chargepoints.clock import api_time
from chargepoints.database import storage
from chargepoints.models import AuthorizationStatus, DecidedBy, TokenDecision, UnreachablePolicy
from chargepoints.models.id_token import LONGEST_PERSONAL_MESSAGE
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.station import Station
from chargepoints.services.stations.booting import BootDecision, Facts
from chargepoints.services.tokens import vehicles
from chargepoints.services.tokens.authorization import Asked, Decision, TokenAsked
from core_link import answers, client, metrics, tokens
from core_link.client import Body, CoreUnreachable
from core_link.tokens import Known

Context = Literal["authorize", "start", "stop"]

_CACHED_FIRST = {UnreachablePolicy.CACHED_THEN_ACCEPT, UnreachablePolicy.CACHED_THEN_REJECT}
_ACCEPTING = {UnreachablePolicy.CACHED_THEN_ACCEPT, UnreachablePolicy.ACCEPT}


async def authorize(
    inbound: Inbound,
    token: TokenAsked,
    *,
    context: Context,
    evse_id: int | None = None,
    connector_id: int | None = None,
    transaction_id: str | None = None,
    occurred_at: datetime | None = None,
    offline: bool = False,
    certificate_hashes: list[dict[str, Any]] | None = None,
    known: Known | None = None,
) -> Decision:
    """Decide whether `token` may charge, within CORE_TIMEOUT_S of the receipt, even without core.

    By core's cached answer while it is fresh, else by core's answer, else by the policy of the
    charge point; if no core is configured, by the gateway's own table. `known`: the token's rows,
    if the caller has already queried them. Raises StoreUnavailable.
    """
    vehicle = token.vehicle or vehicles.waiting(inbound.station, evse_id, inbound.received_at)
    question = {
        "charge_point": inbound.station.identity,
        "external_id": inbound.station.external_id,
        "evse_id": evse_id,
        "connector_id": connector_id,
        "id_token": {"value": token.value, "type": token.type},
        "vehicle": vehicle and vehicle._asdict(),
        "context": context,
        "transaction_id": transaction_id,
        "offline": offline,
        "certificate_hashes": certificate_hashes,
        "policy_decided": None,
    }
    with metrics.DECISION_SECONDS.time():
        if known is None:
            known = await inbound.look_up(lambda unit: tokens.known(token))
        decision = await _decide(inbound, known, question, occurred_at)
        decision = await _once_at_a_time(inbound, token, question, decision)
    if decision.asked.evse_id != evse_id:
        decision = replace(decision, asked=Asked(evse_id))  # core was not asked
    metrics.DECISIONS.labels(decision.decided_by).inc()
    return decision


async def _decide(
    inbound: Inbound, known: Known, question: Body, occurred_at: datetime | None
) -> Decision:
    station = inbound.station
    if not station.may_charge:
        return Decision(str(AuthorizationStatus.INVALID), str(DecidedBy.LOCAL_TABLE))
    if question["context"] != "stop" and storage.room() != storage.Room.ENOUGH:
        # The remaining disk space is reserved for the ends of open transactions.
        inbound.deviate("storage_low")
        return Decision(str(AuthorizationStatus.INVALID), str(DecidedBy.POLICY))
    now = clock.now()
    at = occurred_at or now
    core = client.shared()
    if core is None:
        return known.listed(at) or Decision(
            str(AuthorizationStatus.UNKNOWN), str(DecidedBy.LOCAL_TABLE)
        )
    # Certificates may be revoked at any time, so core is always asked about them.
    if not question["certificate_hashes"] and (decision := known.fresh(now)):
        return decision
    trace_id, begun = inbound.work.trace_id, time.monotonic()
    try:
        answer = await core.ask_once(
            "/authorize",
            {**question, "occurred_at": api_time(at)},
            answers.AUTHORIZE,
            same_as=orjson.dumps(question),
            waited_s=max(0.0, (now - inbound.received_at).total_seconds()),
            trace_id=trace_id,
        )
        decision, error = read_decision(answer), ""
    except CoreUnreachable as unreachable:
        decision, error = _by_policy(_policy(station), known, at), str(unreachable)
    core_ms = (time.monotonic() - begun) * 1000
    return replace(decision, asked=Asked(question["evse_id"], core_ms, error, trace_id))


async def _once_at_a_time(
    inbound: Inbound, token: TokenAsked, question: Body, decision: Decision
) -> Decision:
    """Apply CONCURRENT_TRANSACTIONS to a start that core has not decided.

    A start that happened offline is not refused any more.
    """
    at_once = settings.CONCURRENT_TRANSACTIONS or decision.decided_by == DecidedBy.CORE
    if at_once or not decision.accepted or question["context"] != "start" or question["offline"]:
        return decision
    place = (inbound.station.id, question["evse_id"], question["transaction_id"])
    if await inbound.look_up(lambda unit: tokens.charges_elsewhere(token, *place)):
        return replace(decision, status=str(AuthorizationStatus.CONCURRENT_TX))
    return decision


def remember(inbound: Inbound, token: TokenAsked, decision: Decision) -> None:
    """Store the decision, in the handler's transaction, together with its consequences."""
    tokens.remember(inbound.unit, token, decision)
    inbound.unit.append(
        TokenDecision,
        TokenDecision.row(
            charge_point_id=inbound.station.id,
            asked_at=inbound.received_at,
            action=clip(inbound.action, 50),
            message_id=clip(inbound.message_id, 255),
            id_token=clip(key_codes.shown_value(token.value, token.type), 255),
            id_token_type=clip(token.type, 20),
            evse_id=decision.asked.evse_id,
            status=decision.status,
            decided_by=decision.decided_by,
            core_ms=decision.asked.core_ms,
            core_error=clip(decision.asked.core_error, 255),
            trace_id=decision.asked.trace_id,
        ),
    )


async def boot(station: Station, facts: Facts) -> BootDecision | None:
    """Core's decision on a charge point that boots; None: the gateway's registration decides."""
    core = client.shared()
    if core is None:
        return None
    question = {
        "charge_point": station.identity,
        "external_id": station.external_id,
        "vendor": facts.vendor,
        "model": facts.model,
        "serial": facts.serial_number,
        "firmware": facts.firmware_version,
        "reason": facts.reason,
    }
    try:
        answer = await core.ask("/boot", question, answers.BOOT)
    except CoreUnreachable:
        return None
    return BootDecision(answer["status"], _whole(answer.get("interval_s")))


@dataclass(frozen=True, slots=True)
class DataTransferAnswer:
    """`status`: accepted, rejected, unknown_message_id or unknown_vendor_id; `data`: any JSON."""

    status: str
    data: Any = None


async def data_transfer(
    station: Station, vendor_id: str, message_id: str | None, data: Any
) -> DataTransferAnswer:
    """Core's answer to a vendor's own message; without a core no vendor is known."""
    core = client.shared()
    if core is None:
        return DataTransferAnswer("unknown_vendor_id")
    question = {
        "charge_point": station.identity,
        "external_id": station.external_id,
        "vendor_id": vendor_id,
        "message_id": message_id,
        "data": data,
    }
    try:
        answer = await core.ask("/data-transfer", question, answers.DATA_TRANSFER)
    except CoreUnreachable as error:
        return DataTransferAnswer("unknown_vendor_id" if error.not_offered else "rejected")
    return DataTransferAnswer(answer["status"], answer.get("data"))


def read_decision(answer: Body) -> Decision:
    """Read core's answer to /authorize, which fits its schema. Raises CoreUnreachable."""
    message = answer.get("personal_message")
    try:
        text = answer.get("expires_at")
        expires_at = datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):  # RFC 3339 allows 23:59:60
        raise CoreUnreachable("expires_at is not a valid time") from None
    return Decision(
        status=answer["status"],
        decided_by=str(DecidedBy.CORE),
        group_id_token=answer.get("group_id_token") or None,
        expires_at=expires_at,
        personal_message=message[:LONGEST_PERSONAL_MESSAGE] if message else None,
        languages=tuple(answer.get("languages") or ()),
        cache_ttl_s=answer.get("cache_ttl_s"),
        evse_ids=tuple(map(int, answer.get("evse_ids") or ())),
        charging_priority=_whole(answer.get("charging_priority")),
        certificate_status=answer.get("certificate_status") or "",
        limits=answer.get("limits") or None,
        tariff=answer.get("tariff") or None,
        energy_transfer=tuple(answer.get("energy_transfer") or ()),
    )


def _whole(number: float | None) -> int | None:
    """As an integer; JSON may contain 3.0."""
    return None if number is None else int(number)


def _policy(station: Station) -> str:
    """The policy of the charge point, else of its site, else of the server."""
    of_site: str = settings.CORE_UNREACHABLE_AT_SITES.get(station.site, settings.CORE_UNREACHABLE)
    return station.core_unreachable or of_site


def _by_policy(policy: str, known: Known, at: datetime) -> Decision:
    if policy in _CACHED_FIRST and (decision := known.stale(at) or known.listed(at)):
        return decision
    accepted = policy in _ACCEPTING
    return Decision(
        status=str(AuthorizationStatus.ACCEPTED if accepted else AuthorizationStatus.INVALID),
        decided_by=str(DecidedBy.POLICY),
    )
