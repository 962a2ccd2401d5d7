"""StartTransaction and StopTransaction (1.6, 4.8 and 4.10)."""

from chargepoints.clock import is_backfill
from chargepoints.inbound import Inbound
from chargepoints.services import closing, transactions
from chargepoints.services.authorization import Decision, TokenAsked
from chargepoints.services.transactions import Start, Stop
from chargepoints.versions import Handler, Payload
from core_link import decisions
from ocpp_v16 import numbers
from ocpp_v16.authorization import id_tag_info, token
from ocpp_v16.meter_values import elements


async def ask_start(inbound: Inbound) -> Decision:
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    return await decisions.authorize(
        inbound.station,
        token(payload),
        context="start",
        received_at=inbound.received_at,
        evse_id=numbers.connector(inbound),
        connector_id=1,
        occurred_at=moment.at,
        offline=is_backfill(moment.at, inbound.received_at),
    )


def start_transaction(inbound: Inbound, decision: Decision) -> Payload:
    """The transaction is stored whatever the verdict: energy that flowed is never lost.

    A start that is told again gets the verdict it got (P4): by now core may well refuse the token
    for being in use.
    """
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    start = Start(
        moment=moment,
        evse_id=numbers.connector(inbound),
        connector_id=1,
        token=token(payload),
        meter_wh=float(payload["meterStart"]),
        reservation_id=numbers.numbered(inbound, "reservationId"),
        offline=is_backfill(moment.at, inbound.received_at),
    )
    key_text = "|".join(
        str(payload.get(name)) for name in ("connectorId", "idTag", "timestamp", "meterStart")
    )
    decisions.remember(inbound.unit, token(payload), decision)
    closing.by_next_start(inbound, start)
    row = transactions.start_numbered(inbound, start, decision, key_text)
    verdict = transactions.verdict(row)
    return {"transactionId": int(row.transaction_id), "idTagInfo": id_tag_info(verdict)}


async def ask_stop(inbound: Inbound) -> Decision | None:
    """4.10: a stop may come without a token; where it has one, the answer tells of it."""
    if not inbound.payload.get("idTag"):
        return None
    return await decisions.authorize(
        inbound.station,
        token(inbound.payload),
        context="stop",
        received_at=inbound.received_at,
        transaction_id=_named(inbound.payload),
    )


def stop_transaction(inbound: Inbound, decision: Decision | None) -> Payload:
    payload = inbound.payload
    asked: TokenAsked | None = token(payload) if decision else None
    transactions.stop(
        inbound,
        Stop(
            moment=inbound.time(payload.get("timestamp")),
            transaction_id=_named(payload),
            meter_wh=float(payload["meterStop"]) if "meterStop" in payload else None,
            # 4.10: without a reason it is Local.
            reason=payload.get("reason") or "Local",
            token=asked,
            samples=elements(inbound, payload.get("transactionData") or []),
        ),
    )
    if decision is None or asked is None:
        return {}
    decisions.remember(inbound.unit, asked, decision)
    return {"idTagInfo": id_tag_info(decision)}


def _named(payload: Payload) -> str:
    return str(payload.get("transactionId", ""))


HANDLERS = {
    "StartTransaction": Handler(
        start_transaction, decide=ask_start, dispensable=frozenset({"timestamp"})
    ),
    "StopTransaction": Handler(
        stop_transaction,
        decide=ask_stop,
        dispensable=frozenset({"transactionId", "timestamp", "meterStop"}),
    ),
}
