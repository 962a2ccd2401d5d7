"""StartTransaction and StopTransaction (1.6, 4.8 and 4.10)."""

from chargepoints.clock import Moment, is_backfill
from chargepoints.models import TimeQuality
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import lookup, start_stop_messages
from chargepoints.services.transactions.lifecycle import Start, Stop
from core_link import decisions, tokens
from ocpp_v16 import long_tags, numbers
from ocpp_v16.authorization import id_tag_info, token
from ocpp_v16.long_tags import LONGEST_ID_TAG
from ocpp_v16.meter_values import SAMPLES, elements


async def ask_start(inbound: Inbound) -> Decision | None:
    await long_tags.shorten(inbound)
    payload, station = inbound.payload, inbound.station
    moment = inbound.time(payload.get("timestamp"))
    key, asked = _start_key(payload, moment), token(payload)
    is_repeated, known = await inbound.look_up(
        lambda unit: (start_stop_messages.was_answered(station.id, key), tokens.known(asked))
    )
    if is_repeated:
        return None
    return await decisions.authorize(
        inbound,
        asked,
        known=known,
        context="start",
        evse_id=numbers.connector(inbound),
        connector_id=1,
        occurred_at=moment.at,
        offline=is_backfill(moment.at, inbound.received_at),
    )


def _start_key(payload: Payload, moment: Moment) -> str:
    # The parsed time is independent of its spelling; if it is implausible, use the raw text.
    meant = moment.quality == TimeQuality.CHARGER
    time = moment.at if meant else payload.get("timestamp")
    # Cut a tag that the charger made longer (long_tags) to the tag that was sent.
    tag = str(payload.get("idTag"))[:LONGEST_ID_TAG]
    return start_stop_messages.start_key(
        payload.get("connectorId"), tag, time, payload.get("meterStart")
    )


def start_transaction(inbound: Inbound, decision: Decision | None) -> Payload:
    """Store the transaction even if the token is refused, so that no energy is lost."""
    payload = inbound.payload
    if payload.get("connectorId") == 0:
        # StartTransaction.req: connectorId > 0; 0 is the charge point itself.
        inbound.deviate("odd_connector")
    moment, asked = inbound.time(payload.get("timestamp")), token(payload)
    start = Start(
        moment=moment,
        evse_id=numbers.connector(inbound),
        connector_id=1,
        token=asked,
        meter_wh=float(payload["meterStart"]) if "meterStart" in payload else None,
        reservation_id=numbers.numbered(inbound, "reservationId"),
        offline=is_backfill(moment.at, inbound.received_at),
        answer=_answer(inbound, asked, decision),
    )
    row = start_stop_messages.start(inbound, start, decision, _start_key(payload, moment))
    return {"transactionId": int(row.transaction_id), **(row.start_answer or start.answer or {})}


def _answer(inbound: Inbound, asked: TokenAsked | None, decision: Decision | None) -> Payload:
    if asked is None or decision is None:
        return {}
    decisions.remember(inbound, asked, decision)
    return {"idTagInfo": id_tag_info(decision)}


async def ask_stop(inbound: Inbound) -> Decision | None:
    """4.10: idTag is optional in StopTransaction; with it, the answer contains idTagInfo."""
    if not inbound.payload.get("idTag"):
        return None
    await long_tags.shorten(inbound)
    named, moment = _named(inbound.payload), inbound.time(inbound.payload.get("timestamp"))
    station, asked = inbound.station, token(inbound.payload)
    row = lookup.remembered(station, named)
    row, known = await inbound.look_up(
        lambda unit: (row or lookup.by_id(station.id, named), tokens.known(asked))
    )
    if row is not None and row.stop_answer is not None:
        return None
    return await decisions.authorize(
        inbound,
        asked,
        known=known,
        context="stop",
        evse_id=row.evse_id if row else None,
        connector_id=row.connector_id if row else None,
        transaction_id=named,
        occurred_at=moment.at,
        offline=is_backfill(moment.at, inbound.received_at),
    )


def stop_transaction(inbound: Inbound, decision: Decision | None) -> Payload:
    payload = inbound.payload
    asked = token(payload) if payload.get("idTag") else None
    moment = inbound.time(payload.get("timestamp"))
    stop = Stop(
        moment=moment,
        transaction_id=_named(payload),
        meter_wh=float(payload["meterStop"]) if "meterStop" in payload else None,
        # 4.10: the default reason is Local.
        reason=payload.get("reason") or "Local",
        token=asked,
        samples=elements(inbound, payload.get("transactionData") or [], moment),
        answer=_answer(inbound, asked, decision),
    )
    row = start_stop_messages.stop(inbound, stop)
    return row.stop_answer or stop.answer or {}


def _named(payload: Payload) -> str:
    return str(payload.get("transactionId", ""))


BLOCK = Block(
    handlers={
        "StartTransaction": Handler(
            start_transaction,
            decide=ask_start,
            dispensable=frozenset(
                {"connectorId", "idTag", "meterStart", "timestamp", "reservationId"}
            ),
            about_transactions=frozenset({"connectorId", "idTag", "meterStart"}),
        ),
        "StopTransaction": Handler(
            stop_transaction,
            decide=ask_stop,
            # 4.10: the gateway always acknowledges a stop, whatever its content.
            dispensable=SAMPLES
            | {"transactionId", "timestamp", "meterStop", "idTag", "reason", "transactionData"},
            about_transactions=frozenset({"transactionId", "meterStop"}),
        ),
    },
)
