"""The messages of a simulated OCPP 1.6 charger."""

from chargepoints.protocol.simulated_messages import ID_TAG, Message, Payload, now


class SimulatedMessages:
    boot: Message = (
        "BootNotification",
        {"chargePointVendor": "Simulated", "chargePointModel": "Depot 16"},
    )

    def __init__(self, transaction_id: str) -> None:
        """Ignore the id: in 1.6 the gateway issues it in the answer to StartTransaction."""

    def status(self, *, occupied: bool, faulted: bool) -> Message:
        status = "Faulted" if faulted else "Charging" if occupied else "Available"
        error = "InternalError" if faulted else "NoError"
        payload = {"connectorId": 1, "errorCode": error, "status": status, "timestamp": now()}
        return "StatusNotification", payload

    def start(self, wh: float) -> Message:
        payload = {"connectorId": 1, "idTag": ID_TAG, "meterStart": int(wh), "timestamp": now()}
        return "StartTransaction", payload

    def samples(self, wh: float, watts: float) -> Message:
        sampled = [
            {"value": str(int(wh)), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": f"{watts:.1f}", "measurand": "Power.Active.Import", "unit": "W"},
        ]
        value = {"timestamp": now(), "sampledValue": sampled}
        payload = {"connectorId": 1, "transactionId": 0, "meterValue": [value]}
        return "MeterValues", payload

    def stop(self, wh: float) -> Message:
        payload = {"transactionId": 0, "meterStop": int(wh), "timestamp": now()}
        return "StopTransaction", payload

    def complete(self, message: Message, transaction_id: str | None) -> Message:
        action, payload = message
        if "transactionId" in payload:
            payload = payload | {"transactionId": int(transaction_id or -1)}
        return action, payload

    def transaction_id(self, answer: Payload) -> str:
        return str(answer["transactionId"])
