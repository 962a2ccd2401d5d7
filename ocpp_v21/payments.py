"""C18 to C25: ad-hoc payment, at the station or on a web page."""

from chargepoints.clock import api_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from core_link import payments
from core_link.client import CoreUnreachable

LONGEST_NUMBER = 20
_SETTLEMENT = {
    "transaction_id": "transactionId",
    "psp_ref": "pspRef",
    "status": "status",
    "status_info": "statusInfo",
    "amount": "settlementAmount",
    "receipt_id": "receiptId",
    "receipt_url": "receiptUrl",
    "vat_number": "vatNumber",
    "vat_company": "vatCompany",
}


def _settlement(inbound: Inbound) -> Payload:
    values = {name: inbound.payload.get(ocpp) for name, ocpp in _SETTLEMENT.items()}
    return values | {"settled_at": api_time(inbound.time(inbound.payload.get("settlementTime")).at)}


async def ask_for_receipt(inbound: Inbound) -> Payload:
    """C21.FR.03: core may issue the receipt."""
    try:
        return await payments.receipt(inbound.station, _settlement(inbound))
    except CoreUnreachable:
        return {}


def settlement(inbound: Inbound, receipt: Payload) -> Payload:
    """C21, C22."""
    inbound.emit_unless_repeated("payment.settled", _settlement(inbound))
    said = {"receiptUrl": receipt.get("receipt_url"), "receiptId": receipt.get("receipt_id")}
    return {name: value for name, value in said.items() if value}


def web_payment_started(unit: UnitOfWork, command: Command) -> Payload:
    """C25.FR.21: reserve the EVSE while the customer pays."""
    args = command.args
    return {"evseId": args["evse_id"], "timeout": args["timeout_s"]}


async def ask_core(inbound: Inbound) -> Payload | None:
    payload = inbound.payload
    try:
        return await payments.vat_number(
            inbound.station, payload["vatNumber"], payload.get("evseId") or None
        )
    except CoreUnreachable:
        return None


def vat_number(inbound: Inbound, company: Payload | None) -> Payload:
    """Reject a VAT number that core does not confirm."""
    asked = inbound.payload
    same: Payload = {"vatNumber": clip(asked["vatNumber"], LONGEST_NUMBER)}
    if asked.get("evseId", -1) >= 0:
        same["evseId"] = asked["evseId"]
    if company is None:
        return same | {"status": "Rejected"}
    return same | {"status": "Accepted", "company": company}


BLOCK = Block(
    handlers={
        "NotifySettlement": Handler(
            settlement, decide=ask_for_receipt, dispensable=frozenset({"settlementTime"})
        ),
        "VatNumberValidation": Handler(vat_number, decide=ask_core),
    },
    commands={
        "web_payment_started": CommandTranslation("NotifyWebPaymentStarted", web_payment_started)
    },
)
