"""P Data transfer, in both directions, between a station and core."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.tokens import vehicles
from chargepoints.services.transactions import lifecycle
from core_link import decisions
from core_link.decisions import DataTransferAnswer

_STATUS = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message_id": "UnknownMessageId",
    "unknown_vendor_id": "UnknownVendorId",
}


async def ask_core(inbound: Inbound) -> DataTransferAnswer:
    payload = inbound.payload
    return await decisions.data_transfer(
        inbound.station, payload.get("vendorId", ""), payload.get("messageId"), payload.get("data")
    )


def data_transfer(inbound: Inbound, answer: DataTransferAnswer) -> Payload:
    payload = inbound.payload
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
        reply["data"] = answer.data
    return reply


def send(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"vendorId": args["vendor_id"]}
    if "message_id" in args:
        payload["messageId"] = args["message_id"]
    if "data" in args:
        payload["data"] = args["data"]
    return payload


BLOCK = Block(
    handlers={
        "DataTransfer": Handler(data_transfer, decide=ask_core, dispensable=frozenset({"vendorId"}))
    },
    commands={"data_transfer": CommandTranslation("DataTransfer", send)},
    # The gateway stores the vendor's data with the answer; core interprets them.
    responses={"DataTransfer": ResponseReading()},
)
