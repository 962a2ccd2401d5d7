"""DataTransfer (1.6, 4.3 and 5.6); core answers those that charge points send."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from chargepoints.services.tokens import vehicles
from chargepoints.services.transactions import lifecycle
from core_link import decisions
from core_link.decisions import DataTransferAnswer
from ocpp_v16 import plug_and_charge

_STATUS = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message_id": "UnknownMessageId",
    "unknown_vendor_id": "UnknownVendorId",
}


@dataclass(frozen=True, slots=True)
class Vendor:
    """`answer` may ask core; `settle`, in the message's transaction, may change the answer."""

    answer: Callable[[Inbound], Awaitable[DataTransferAnswer]]
    settle: Callable[[Inbound, DataTransferAnswer], DataTransferAnswer]


# The gateway answers the messages of these vendors itself; core answers all others.
VENDORS = {
    plug_and_charge.VENDOR: Vendor(plug_and_charge.answer, plug_and_charge.settle),
}


async def ask(inbound: Inbound) -> DataTransferAnswer:
    payload = inbound.payload
    if vendor := VENDORS.get(payload.get("vendorId", "")):
        return await vendor.answer(inbound)
    return await decisions.data_transfer(
        inbound.station, payload.get("vendorId", ""), payload.get("messageId"), payload.get("data")
    )


def data_transfer(inbound: Inbound, answer: DataTransferAnswer) -> Payload:
    payload = inbound.payload
    if vendor := VENDORS.get(payload.get("vendorId", "")):
        answer = vendor.settle(inbound, answer)
    told = vehicles.read(payload.get("messageId"), payload.get("data"))
    lifecycle.vehicle_reported(inbound, told)
    inbound.emit(
        "data_transfer.received",
        {
            "vendor_id": payload.get("vendorId", ""),
            "message_id": payload.get("messageId"),
            "data": payload.get("data"),
            "status": answer.status,
        },
    )
    reply: Payload = {"status": _STATUS.get(answer.status, "Rejected")}
    if answer.data is not None:
        reply["data"] = _text(answer.data)
    return reply


def send(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"vendorId": args["vendor_id"]}
    if "message_id" in args:
        payload["messageId"] = args["message_id"]
    if args.get("data") is not None:
        payload["data"] = _text(args["data"])
    return payload


def _text(data: Any) -> str:
    """1.6: `data` is text; the vendor defines its content."""
    return data if isinstance(data, str) else orjson.dumps(data).decode()


BLOCK = Block(
    handlers={
        "DataTransfer": Handler(data_transfer, decide=ask, dispensable=frozenset({"vendorId"}))
    },
    commands={"data_transfer": CommandTranslation("DataTransfer", send)},
    responses={"DataTransfer": plug_and_charge.reading()},
)
