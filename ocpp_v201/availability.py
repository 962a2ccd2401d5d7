"""G03, G04: ChangeAvailability for the station, an EVSE or a connector."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import Block, CommandTranslation, Payload, ResponseReading
from ocpp_v201.remote_control import conclude_scheduled


def change_availability(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"operationalStatus": args["availability"].capitalize()}
    if "evse_id" in args:
        payload["evse"] = {"id": args["evse_id"]}
        if "connector_id" in args:
            payload["evse"]["connectorId"] = args["connector_id"]
    return payload


BLOCK = Block(
    commands={"set_availability": CommandTranslation("ChangeAvailability", change_availability)},
    responses={"ChangeAvailability": ResponseReading(conclude_scheduled)},
)
