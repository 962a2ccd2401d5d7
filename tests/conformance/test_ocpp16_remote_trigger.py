"""OCPP 1.6 test cases of a central system: remote trigger."""

from tests.operated import OperatedCharger, Payload, at
from tests.running_gateway import RunningGateway


def triggered_messages() -> dict[str, Payload]:
    sampled = [{"value": "100", "measurand": "Energy.Active.Import.Register"}]
    values = [{"timestamp": at(), "sampledValue": sampled}]
    return {
        "MeterValues": {"connectorId": 1, "meterValue": values},
        "Heartbeat": {},
        "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
        "DiagnosticsStatusNotification": {"status": "Idle"},
        "FirmwareStatusNotification": {"status": "Idle"},
    }


async def test_054_trigger_messages(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for message, payload in triggered_messages().items():
            connector = {"evse_id": 1} if "connectorId" in payload else {}
            request, command = await cp.command(
                "trigger",
                {"message": message} | connector,
                "TriggerMessage",
                {"status": "Accepted"},
            )
            expected = {"requestedMessage": message}
            assert request == expected | ({"connectorId": 1} if connector else {})
            assert command["state"] == "accepted"
            await cp.call(message, payload)


async def test_055_trigger_message_rejected(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await cp.command(
            "trigger",
            {"message": "MeterValues", "evse_id": 1},
            "TriggerMessage",
            {"status": "Rejected"},
        )
        assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")
