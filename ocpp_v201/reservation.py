"""H Reservation: reserve, cancel, and ends that the station reports."""

from typing import Any

from chargepoints import clock
from chargepoints.clock import coming_time, ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Reservation
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.tokens import reservations
from chargepoints.services.tokens.authorization import TokenAsked
from ocpp_v201.authorization import id_token

_ENDED = {"Expired": Reservation.State.EXPIRED, "Removed": Reservation.State.REMOVED}


def reserve(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    reservation = reservations.request(command)
    payload: Payload = {
        "id": reservation.reservation_id,
        "expiryDateTime": ocpp_time(reservation.expires_at),
        "idToken": id_token(args["id_token"]),
    }
    if reservation.evse_id is not None:
        payload["evseId"] = reservation.evse_id
    if "connector_type" in args:
        payload["connectorType"] = args["connector_type"]
    if reservation.group_id_token:
        payload["groupIdToken"] = {"idToken": reservation.group_id_token, "type": "Central"}
    return payload


def record_reserve(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    token = asked["idToken"]
    reservation = reservations.Asked(
        reservation_id=asked["id"],
        evse_id=asked.get("evseId"),
        token=TokenAsked(token["idToken"], token["type"]),
        group_id_token=(asked.get("groupIdToken") or {}).get("idToken", ""),
        expires_at=coming_time(asked["expiryDateTime"]) or clock.now(),
    )
    reservations.answered(unit, command, reservation, accepted=response["status"] == "Accepted")


def cancel(unit: UnitOfWork, command: Command) -> Payload:
    return {"reservationId": command.args["reservation_id"]}


def record_cancel(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        number = (command.request or {})["reservationId"]
        reservations.cancelled(unit, command.charge_point_id, number)


def status_update(inbound: Inbound, decision: Any) -> Payload:
    """H04: it expired, or the station removed it, for instance because of a fault."""
    payload = inbound.payload
    state = _ENDED.get(str(payload["reservationUpdateStatus"]), Reservation.State.REMOVED)
    reservations.ended(inbound, payload["reservationId"], state)
    return {}


BLOCK = Block(
    handlers={"ReservationStatusUpdate": Handler(status_update)},
    commands={
        "reserve": CommandTranslation("ReserveNow", reserve),
        "cancel_reservation": CommandTranslation("CancelReservation", cancel),
    },
    responses={
        "ReserveNow": ResponseReading(record=record_reserve),
        "CancelReservation": ResponseReading(record=record_cancel),
    },
)
