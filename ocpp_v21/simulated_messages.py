"""The messages of a simulated OCPP 2.1 charger."""

from chargepoints.protocol.simulated_messages import Payload
from ocpp_v201 import simulated_messages


class SimulatedMessages(simulated_messages.SimulatedMessages):
    """Adds the direction of the energy to transactions (Q, OperationModeEnumType)."""

    model = "Depot 21"
    transaction_info: Payload = {"operationMode": "ChargingOnly"}
