"""DataTransfer from a charge point (1.6, 4.3): core answers for its vendor."""

import orjson

from chargepoints.inbound import Inbound
from chargepoints.versions import Handler, Payload
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
        inbound.station, payload["vendorId"], payload.get("messageId", ""), payload.get("data")
    )


def data_transfer(inbound: Inbound, answer: DataTransferAnswer) -> Payload:
    payload = inbound.payload
    inbound.emit(
        "data_transfer.received",
        {
            "vendor_id": payload["vendorId"],
            "message_id": payload.get("messageId"),
            "data": payload.get("data"),
            "status": answer.status,
        },
    )
    reply: Payload = {"status": _STATUS.get(answer.status, "Rejected")}
    if answer.data is not None:
        # 1.6: data is text.
        text = answer.data if isinstance(answer.data, str) else orjson.dumps(answer.data).decode()
        reply["data"] = text
    return reply


HANDLERS = {"DataTransfer": Handler(data_transfer, decide=ask_core)}
