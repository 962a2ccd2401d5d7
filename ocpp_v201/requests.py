"""Numbers that tie what a station sends later to the command it was asked by."""

from chargepoints.models import Command
from chargepoints.unit_of_work import take_numbers


def request_id(command: Command) -> int:
    station_id = command.charge_point_id
    return take_numbers("request_number", {station_id: 1})[station_id]
