"""What a simulated charger of OCPP 2.1 says."""

from chargepoints.protocol.simulated_messages import Payload
from ocpp_v201 import simulated_messages


class SimulatedMessages(simulated_messages.SimulatedMessages):
    """It says of a transaction in which direction energy may flow (Q, OperationModeEnumType)."""

    model = "Depot 21"
    transaction_info: Payload = {"operationMode": "ChargingOnly"}
