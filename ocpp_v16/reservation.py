"""Reservation (1.6, 5.13 and 5.1)."""

from chargepoints import clock
from chargepoints.clock import coming_time, ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import Block, CommandTranslation, Payload, ResponseReading
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.tokens import reservations
from chargepoints.services.tokens.authorization import TokenAsked
from ocpp_v16.long_tags import LONGEST_ID_TAG


def reserve(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if "connector_type" in args:
        raise CommandRefused("not_supported", "OCPP 1.6 cannot reserve by connector type")
    for value in (args["id_token"]["value"], args.get("group_id_token", "")):
        if len(value) > LONGEST_ID_TAG:
            raise CommandRefused("invalid_args", "an idTag has at most 20 characters in OCPP 1.6")
    reservation = reservations.request(command)
    payload: Payload = {
        # 5.13: connector 0 reserves any connector.
        "connectorId": args.get("evse_id", 0),
        "expiryDate": ocpp_time(reservation.expires_at),
        "idTag": reservation.id_token,
        "reservationId": reservation.reservation_id,
    }
    if reservation.group_id_token:
        payload["parentIdTag"] = reservation.group_id_token
    return payload


def record_reserve(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    reservation = reservations.Asked(
        reservation_id=asked["reservationId"],
        evse_id=asked["connectorId"] or None,
        token=TokenAsked(asked["idTag"]),
        group_id_token=asked.get("parentIdTag") or "",
        expires_at=coming_time(asked["expiryDate"]) or clock.now(),
    )
    reservations.answered(unit, command, reservation, accepted=response["status"] == "Accepted")


def cancel(unit: UnitOfWork, command: Command) -> Payload:
    return {"reservationId": command.args["reservation_id"]}


def record_cancel(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        number = (command.request or {})["reservationId"]
        reservations.cancelled(unit, command.charge_point_id, number)


BLOCK = Block(
    commands={
        "reserve": CommandTranslation("ReserveNow", reserve),
        "cancel_reservation": CommandTranslation("CancelReservation", cancel),
    },
    responses={
        "ReserveNow": ResponseReading(record=record_reserve),
        "CancelReservation": ResponseReading(record=record_cancel),
    },
)
