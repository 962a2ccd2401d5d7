"""The messages of a simulated OCPP 2.0.1 charger."""

from typing import Any

from chargepoints.protocol.simulated_messages import ID_TAG, Message, Payload, now


class SimulatedMessages:
    model = "Depot 201"
    # Further fields of transactionInfo.
    transaction_info: Payload = {}

    def __init__(self, transaction_id: str) -> None:
        self._transaction_id = transaction_id
        station = {"vendorName": "Simulated", "model": self.model}
        self.boot: Message = (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": station},
        )
        self._seq_no = -1

    def status(self, *, occupied: bool, faulted: bool) -> Message:
        status = "Faulted" if faulted else "Occupied" if occupied else "Available"
        place = {"evseId": 1, "connectorId": 1}
        return "StatusNotification", {"timestamp": now(), "connectorStatus": status, **place}

    def start(self, wh: float) -> Message:
        token = {"idToken": {"idToken": ID_TAG, "type": "Central"}}
        return self._event("Started", "Authorized", wh, None, **token)

    def samples(self, wh: float, watts: float) -> Message:
        return self._event("Updated", "MeterValuePeriodic", wh, watts)

    def stop(self, wh: float) -> Message:
        return self._event("Ended", "EVDeparted", wh, None)

    def complete(self, message: Message, transaction_id: str | None) -> Message:
        return message

    def transaction_id(self, answer: Payload) -> str:
        return self._transaction_id

    def _event(
        self, event_type: str, reason: str, wh: float, watts: float | None, **more: Any
    ) -> Message:
        self._seq_no += 1
        at = now()
        sampled = [{"value": float(int(wh)), "measurand": "Energy.Active.Import.Register"}]
        if watts is not None:
            sampled.append({"value": round(watts, 1), "measurand": "Power.Active.Import"})
        payload = {
            "eventType": event_type,
            "timestamp": at,
            "triggerReason": reason,
            "seqNo": self._seq_no,
            "transactionInfo": {"transactionId": self._transaction_id, **self.transaction_info},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": sampled}],
            **more,
        }
        return "TransactionEvent", payload
