"""Reservations: requested, active, used by a transaction, or ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargepoints.clock import api_time
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Reservation, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.commands.station_numbers import next_unused_number
from chargepoints.services.tokens.authorization import TokenAsked
from chargepoints.services.transactions import other_rows

State = Reservation.State
# REQUESTED: the answer may be lost, so the charge point may have the reservation.
OPEN = (State.ACTIVE, State.REQUESTED)
_OPEN: PreparedQuery[Reservation] = PreparedQuery(
    lambda charge_point_id: Reservation.objects.filter(
        charge_point_id=charge_point_id, state__in=OPEN
    )
)
_BY_NUMBER: PreparedQuery[Reservation] = PreparedQuery(
    lambda charge_point_id, reservation_id: Reservation.objects.filter(
        charge_point_id=charge_point_id, reservation_id=reservation_id
    )
)
_OVER = (
    "SELECT 1 FROM chargepoints_reservation WHERE state IN (%s, %s) AND expires_at <= %s LIMIT 1"
)
# P16: chargers wait for the sweep's transaction.
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A reservation in a ReserveNow request, from a `reserve` command or a raw request."""

    reservation_id: int
    evse_id: int | None
    token: TokenAsked
    group_id_token: str
    expires_at: datetime


def request(command: Command) -> Reservation:
    """Create the reservation of a `reserve` command; without an id it gets a new one."""
    args = command.args
    number = args.get("reservation_id")
    if number is None:
        known = Reservation.objects.filter(charge_point_id=command.charge_point_id)
        number = next_unused_number(
            command.charge_point_id, known.values_list("reservation_id", flat=True)
        )
    token = TokenAsked(args["id_token"]["value"], args["id_token"].get("type") or "")
    expires_at = datetime.fromisoformat(args["expires_at"])
    group = args.get("group_id_token", "")
    return _note(command, Asked(number, args.get("evse_id") or None, token, group, expires_at))


def _note(command: Command, asked: Asked) -> Reservation:
    reservation, _ = Reservation.objects.update_or_create(
        charge_point_id=command.charge_point_id,
        reservation_id=asked.reservation_id,
        defaults={
            "evse_id": asked.evse_id,
            "id_token": asked.token.value,
            "id_token_type": asked.token.type,
            "group_id_token": asked.group_id_token,
            "expires_at": asked.expires_at,
            "state": State.REQUESTED,
            "transaction": None,
            "command": command,
        },
    )
    return reservation


def answered(unit: UnitOfWork, command: Command, asked: Asked, *, accepted: bool) -> None:
    """Apply the answer; the reservation of a raw request has no row until it is accepted."""
    reservation = Reservation.objects.filter(command=command, state=State.REQUESTED).first()
    if not accepted:
        refused(unit, command)
        return
    reservation = reservation or _note(command, asked)
    command.result = {"reservation_id": reservation.reservation_id}
    _change(unit, reservation, State.ACTIVE)


def refused(unit: UnitOfWork, command: Command) -> None:
    reservation = Reservation.objects.filter(command=command, state=State.REQUESTED).first()
    if reservation is not None:
        command.result = {"reservation_id": reservation.reservation_id}
        _change(unit, reservation, State.REJECTED)


def cancelled(unit: UnitOfWork, charge_point_id: int, reservation_id: int) -> None:
    reservation = _find(charge_point_id, reservation_id)
    if reservation is not None and reservation.state in OPEN:
        _change(unit, reservation, State.CANCELLED)


def use(inbound: Inbound, reservation_id: int | None, transaction: Transaction) -> None:
    """Mark the reservations that this transaction has used: the one with the reported id, and the
    one for its token and EVSE, whatever id it reports.
    """
    if reservation_id is None and not other_rows.of(inbound).open_reservations:
        return
    used = [each for each in _OPEN.all(inbound.station.id) if _is_for(each, transaction)]
    if reservation_id is not None and all(each.reservation_id != reservation_id for each in used):
        named = _find(inbound.station.id, reservation_id)
        if named is None:
            inbound.deviate("unknown_reservation")
        else:
            used.append(named)
    for reservation in used:
        reservation.transaction = transaction
        _change(inbound.unit, reservation, State.USED)


def _is_for(reservation: Reservation, transaction: Transaction) -> bool:
    if reservation.evse_id not in (None, transaction.evse_id):
        return False
    started_at = transaction.started_at
    if transaction.offline and started_at is not None and started_at < reservation.created_at:
        return False
    token, group = transaction.id_token.lower(), transaction.group_id_token.lower()
    same_group = bool(group) and reservation.group_id_token.lower() == group
    return same_group or (bool(token) and reservation.id_token.lower() == token)


def ended(inbound: Inbound, reservation_id: int, state: str) -> None:
    """Apply an end that the charge point reports: EXPIRED or REMOVED (2.0.1 H04)."""
    reservation = _find(inbound.station.id, reservation_id)
    if reservation is None:
        inbound.deviate("unknown_reservation")
    elif reservation.state in OPEN:
        _change(inbound.unit, reservation, state)


def expire(unit: UnitOfWork, now: datetime) -> None:
    """Expire reservations at their time; charge points of 1.6 do not report it."""
    if unit.fetch_one(_OVER, (*map(str, OPEN), now)) is None:
        return
    over = Reservation.objects.filter(state__in=OPEN, expires_at__lte=now)
    for reservation in over[:MOST_AT_ONCE]:
        _change(unit, reservation, State.EXPIRED)


def describe(reservation: Reservation) -> dict[str, Any]:
    """The data of a reservation in events."""
    transaction = reservation.transaction
    return {
        "reservation_id": reservation.reservation_id,
        "state": str(reservation.state),
        "evse_id": reservation.evse_id,
        "id_token": {
            "value": reservation.id_token,
            "type": reservation.id_token_type or None,
        },
        "group_id_token": reservation.group_id_token or None,
        "expires_at": api_time(reservation.expires_at),
        "transaction_id": transaction.transaction_id if transaction else None,
    }


def _find(charge_point_id: int, reservation_id: int) -> Reservation | None:
    return _BY_NUMBER.first(charge_point_id, reservation_id)


def _change(unit: UnitOfWork, reservation: Reservation, state: str) -> None:
    reservation.state = state
    reservation.save()
    unit.emit(reservation.charge_point_id, "reservation.changed", describe(reservation))
