"""N09, N10: report or delete the data that a station has about a customer."""

from typing import Any

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
from chargepoints.services.certificates.installed_certificates import HASHES
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.tokens import local_lists
from ocpp_v201.authorization import id_token
from ocpp_v201.requests import effect_of_report, request_id


def effect(request_number: int | None) -> str:
    return f"customer:{request_number}"


def ask(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    report, clear = args.get("report", True), args.get("clear", False)
    named = [name for name in ("customer_identifier", "id_token", "certificate") if name in args]
    if len(named) != 1:
        # N09.FR.04: one reference to the customer.
        raise CommandRefused(
            "invalid_args", "give one of `customer_identifier`, `id_token` and `certificate`"
        )
    if not (report or clear):
        raise CommandRefused("invalid_args", "set `report` or `clear`, or both")
    number = request_id(command)
    if report:
        command.effect_key = effect(number)
    return {"requestId": number, "report": report, "clear": clear, **_customer(args)}


def _customer(args: Payload) -> Payload:
    if "customer_identifier" in args:
        return {"customerIdentifier": args["customer_identifier"]}
    if "id_token" in args:
        return {"idToken": id_token(args["id_token"])}
    return {"customerCertificate": {ocpp: args["certificate"][n] for ocpp, n in HASHES.items()}}


def record(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked = command.request or {}
    if response["status"] == "Accepted" and asked.get("clear") and "idToken" in asked:
        token = asked["idToken"]
        local_lists.forget(command.charge_point_id, token["idToken"], token["type"])


def notify(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    outcomes.add_part(
        inbound.unit,
        inbound.station.id,
        effect_of_report(inbound, effect),
        {"seq_no": payload.get("seqNo"), "data": payload.get("data", "")},
        last=not payload.get("tbc"),
    )
    return {}


BLOCK = Block(
    handlers={
        "NotifyCustomerInformation": Handler(
            notify, dispensable=frozenset({"requestId", "seqNo", "generatedAt", "data"})
        )
    },
    commands={"customer_information": CommandTranslation("CustomerInformation", ask)},
    responses={"CustomerInformation": ResponseReading(record=record)},
)
