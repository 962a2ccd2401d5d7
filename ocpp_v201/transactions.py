"""E Transactions: TransactionEvent."""

from functools import partial
from operator import itemgetter

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Transaction
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.metering.readings import BEGIN, shape_of
from chargepoints.services.metering.recording import Element
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import event_messages, lookup, remote_starts, shared_ids
from chargepoints.services.transactions.event_messages import (
    ENDED,
    STARTED,
    STOPPED,
    UPDATED,
    EventMessage,
)
from chargepoints.services.transactions.lifecycle import Start, Stop
from core_link import decisions, tokens
from ocpp_v201 import numbers
from ocpp_v201.authorization import id_token_info, token, without_authorization
from ocpp_v201.dialect import Dialect
from ocpp_v201.meter_values import SAMPLES, elements

# TriggerReasonEnumType: whether the station started on request of the CSMS.
REMOTELY = {"RemoteStart": True, "Authorized": False}
# Fields that may be missing in an event: the rest is stored.
EVENT = SAMPLES | {"eventType", "id", "seqNo", "timestamp", "triggerReason", "type"}
EVENT |= {"transactionInfo", "transactionId"}


async def ask(inbound: Inbound) -> Decision | None:
    """C: ask core only about an event with a token."""
    payload = inbound.payload
    if not payload.get("idToken"):
        return None
    if (free := without_authorization(payload["idToken"])) is not None:
        return free
    station, transaction_id = inbound.station, _transaction_id(payload)
    asked = token(payload["idToken"])
    is_repeated, known = await inbound.look_up(
        lambda unit: (
            event_messages.was_received(station.id, transaction_id, payload),
            tokens.known(asked),
        )
    )
    if is_repeated:
        return None
    evse = payload.get("evse") or {}
    return await decisions.authorize(
        inbound,
        asked,
        known=known,
        context="stop" if _ends(payload) else "start",
        evse_id=numbers.place(inbound, evse.get("id")),
        connector_id=numbers.place(inbound, evse.get("connectorId")),
        transaction_id=transaction_id,
        occurred_at=inbound.time(payload.get("timestamp")).at,
        offline=bool(payload.get("offline")),
    )


def _ends(payload: Payload) -> bool:
    """Whether the token stops the transaction, which may stay open until the cable is unplugged."""
    return bool(payload.get("eventType") == ENDED or payload.get("triggerReason") == STOPPED)


def transaction_event(dialect: Dialect, inbound: Inbound, decision: Decision | None) -> Payload:
    return record(dialect, inbound, event_message(inbound), decision, {})


def record(
    dialect: Dialect,
    inbound: Inbound,
    message: EventMessage,
    decision: Decision | None,
    more: Payload,
) -> Payload:
    """Store the event and return its answer; `more` are the version's own fields of it."""
    payload = inbound.payload
    if decision is not None:
        decisions.remember(inbound, token(payload["idToken"]), decision)

    def answer(row: Transaction) -> Payload:
        said: Payload = dict(more)
        if payload.get("eventType") == ENDED and row.total_cost is not None:
            # I03.FR.02: the total cost, if core reported one.
            said["totalCost"] = row.total_cost
        if decision is not None:
            # E01.FR.12 and others: the answer to an event with a token contains idTokenInfo.
            said["idTokenInfo"] = id_token_info(dialect, decision)
        return said

    return event_messages.record(inbound, message, decision, answer)


def _transaction_id(payload: Payload) -> str:
    """The transaction id as stored; ids longer than the 36 characters of 2.0.1 are accepted."""
    return clip((payload.get("transactionInfo") or {}).get("transactionId"), 255)


def _matching_transaction_id(inbound: Inbound, evse_id: int | None, samples: list[Element]) -> str:
    """The id in the event; without one, that of the only open transaction that matches."""
    payload = inbound.payload
    starts = payload.get("eventType") == STARTED
    if transaction_id := _transaction_id(payload):
        wh, moment = _end_wh(samples), inbound.time(payload.get("timestamp"))
        register = None if wh is None else (wh, moment)
        return shared_ids.stored(inbound, transaction_id, evse_id, starts=starts, register=register)
    inbound.deviate("no_transaction_id")
    found = [
        row.transaction_id
        for row in lookup.known_open(inbound).values()
        if evse_id is None or row.evse_id in (None, evse_id)
    ]
    if starts or len(found) != 1:
        return event_messages.generated_id(inbound.station.id, payload)
    return found[0]


def event_message(inbound: Inbound) -> EventMessage:
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    samples = elements(inbound, payload.get("meterValue") or [], moment)
    info = payload.get("transactionInfo") or {}
    evse = payload.get("evse") or {}
    for name, deviation in (("id", "odd_evse"), ("connectorId", "odd_connector")):
        # Part 1, 7.1 and 7.2: both are numbered from 1; EVSE 0 is the station itself.
        if evse.get(name) == 0:
            inbound.deviate(deviation)
    remote_start_id = numbers.numbered(inbound, info.get("remoteStartId"), "remote_start")
    if payload.get("idToken"):
        id_token: TokenAsked | None = token(payload["idToken"])
    else:
        id_token = remote_starts.token_of(inbound, remote_start_id)
    evse_id = numbers.place(inbound, evse.get("id"))
    transaction_id = _matching_transaction_id(inbound, evse_id, samples)
    return EventMessage(
        # An event without a type starts or ends nothing.
        event_type=str(payload.get("eventType", UPDATED)),
        seq_no=numbers.clipped(payload.get("seqNo", 0)),
        numbered="seqNo" in payload,
        trigger_reason=str(payload.get("triggerReason", "")),
        start=Start(
            moment=moment,
            evse_id=evse_id,
            connector_id=numbers.place(inbound, evse.get("connectorId")),
            transaction_id=transaction_id,
            token=id_token,
            meter_wh=_begin_wh(samples, started=payload.get("eventType") == STARTED),
            reservation_id=numbers.numbered(inbound, payload.get("reservationId"), "reservation"),
            remote_start_id=remote_start_id,
            offline=bool(payload.get("offline")),
            charging_state=info.get("chargingState", ""),
            remotely=REMOTELY.get(str(payload.get("triggerReason"))),
        ),
        stop=Stop(
            moment=moment,
            transaction_id=transaction_id,
            meter_wh=_end_wh(samples) if payload.get("eventType") == ENDED else None,
            # TransactionType: the default reason is Local.
            reason=info.get("stoppedReason") or "Local",
            token=id_token,
        ),
        samples=samples,
        content=payload,
    )


def _begin_wh(samples: list[Element], *, started: bool) -> float | None:
    """The energy register at the begin: as marked, or from the first sample of the start.

    J02.FR.19: the begin is reported later if the EVSE is not known at first.
    """
    marked = [_at_begin(element) for element in samples if _contains_begin(element)]
    return next(iter(_registers(marked) or (_registers(samples) if started else [])), None)


def _contains_begin(element: Element) -> bool:
    return any(kind[2] == BEGIN for kind in element.kinds)


def _at_begin(element: Element) -> Element:
    places = [at for at, kind in enumerate(element.kinds) if kind[2] == BEGIN]
    return element._replace(
        kinds=tuple(element.kinds[at] for at in places),
        values=[element.values[at] for at in places],
    )


def _end_wh(samples: list[Element]) -> float | None:
    return next(reversed(_registers(samples)), None)


def _registers(samples: list[Element]) -> list[float]:
    """The values of the energy register in Wh, by time."""
    known = [
        (element.moment.at, energy_wh)
        for element in samples
        if (energy_wh := shape_of(element.kinds).read(element.values).energy_wh) is not None
    ]
    return [energy_wh for _, energy_wh in sorted(known, key=itemgetter(0))]


def get_status(unit: UnitOfWork, command: Command) -> Payload:
    """E14: ask whether the transaction is ongoing and whether messages about it are queued."""
    args = command.args
    if "transaction_id" not in args:
        return {}
    return {"transactionId": shared_ids.sent(args["transaction_id"])}


def block(dialect: Dialect) -> Block:
    return Block(
        handlers={
            "TransactionEvent": Handler(
                partial(transaction_event, dialect),
                decide=ask,
                asks=lambda payload: "idToken" in payload,
                dispensable=EVENT,
                about_transactions=frozenset({"eventType", "transactionInfo"}),
            )
        },
        commands={"get_transaction_status": CommandTranslation("GetTransactionStatus", get_status)},
        # E14: the answer has no status; it is stored with the command.
        responses={
            "GetTransactionStatus": ResponseReading(dispensable=frozenset({"messagesInQueue"}))
        },
    )
