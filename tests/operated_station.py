"""A charging station that speaks OCPP 2.0.1 or 2.1, held from both its ends."""

import asyncio
import os
import uuid
from typing import Any, Self

from chargepoints.models import Command
from chargepoints.protocol.versions import installed_versions
from tests.operated import OperatedCharger, Payload, at, eventually
from tests.running_gateway import RunningGateway

# `STATION_PROTOCOL=ocpp2.1` plays what was written for 2.0.1 over the version that extends it.
PROTOCOL = os.environ.get("STATION_PROTOCOL", "ocpp2.0.1")
VERSION = installed_versions()[PROTOCOL]

BOOT: Payload = {
    "reason": "PowerUp",
    "chargingStation": {
        "vendorName": "Acme",
        "model": "Post 150",
        "serialNumber": "SN-1",
        "firmwareVersion": "1.0",
    },
}
TOKEN: Payload = {"idToken": "04A1B2", "type": "ISO14443"}
EVSE: Payload = {"id": 1, "connectorId": 1}


def energy(value: float, context: str = "Sample.Periodic", **more: Any) -> Payload:
    """A `meterValue` element with the energy register in Wh."""
    sampled = {"value": value, "context": context, "measurand": "Energy.Active.Import.Register"}
    return {"timestamp": at(), "sampledValue": [sampled | more]}


class Charging:
    """One transaction as the station tells of it; `seq_no` counts by itself."""

    def __init__(self, station: "OperatedStation") -> None:
        self.station = station
        self.transaction_id = str(uuid.uuid4())
        self.seq_no = 0

    def event(
        self, event_type: str, trigger: str, *, info: Payload | None = None, **more: Any
    ) -> Payload:
        """The next TransactionEventRequest; `info` goes into transactionInfo."""
        payload: Payload = {
            "eventType": event_type,
            "timestamp": at(),
            "triggerReason": trigger,
            "seqNo": self.seq_no,
            "transactionInfo": {"transactionId": self.transaction_id} | (info or {}),
            **more,
        }
        self.seq_no += 1
        return payload

    async def tell(
        self, event_type: str, trigger: str, state: str | None = None, **more: Any
    ) -> Payload:
        """Send the next event; the gateway's answer to it."""
        info = more.pop("info", {}) | ({"chargingState": state} if state else {})
        event = self.event(event_type, trigger, info=info, **more)
        return await self.station.call("TransactionEvent", event)


class OperatedStation(OperatedCharger):
    @classmethod
    async def connect(
        cls,
        gateway: RunningGateway,
        identity: str,
        protocol: str = PROTOCOL,
        *,
        boot: Payload | None = BOOT,
        **fields: Any,
    ) -> Self:
        return await super().connect(gateway, identity, protocol, boot=boot, **fields)

    async def boot(self, reason: str = "PowerUp") -> Payload:
        return await self.call("BootNotification", BOOT | {"reason": reason})

    async def connector_is(self, status: str, evse_id: int = 1, connector_id: int = 1) -> None:
        """Told in both ways that edition 3 knows."""
        where = {"evseId": evse_id, "connectorId": connector_id}
        payload = {"timestamp": at(), "connectorStatus": status, **where}
        assert await self.call("StatusNotification", payload) == {}
        event = alert("Connector", "AvailabilityState", status, evse_id, connector_id)
        assert await self.call("NotifyEvent", event) == {}

    async def charging(self, token: Payload | None = None) -> Charging:
        """A transaction under way: authorized, cable in, energy flowing."""
        charging = Charging(self)
        await self.connector_is("Occupied")
        await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
        answer = await charging.tell(
            "Updated", "Authorized", "EVConnected", idToken=token or TOKEN, evse=EVSE
        )
        assert answer["idTokenInfo"]["status"] == "Accepted", answer
        await charging.tell("Updated", "ChargingStateChanged", "Charging")
        return charging

    async def exchange(
        self, type: str, args: Payload, *exchanges: tuple[str, Payload]
    ) -> tuple[list[Payload], Payload]:
        """A command of several CALLs: what the station was asked, and the command."""
        posted = asyncio.create_task(self.post(type, args, wait="ack"))
        asked = [await self.obey(action, answer) for action, answer in exchanges]
        response = await posted
        assert response.status_code in (200, 202), response.text
        return asked, response.json()

    async def tells_variable(self, key: str, value: object) -> None:
        """The station is asked for a variable, by the name that commands take, and has this."""
        component, _, named = key.partition(".")
        name, _, instance = named.removesuffix("]").partition("[")
        variable = {"name": name} | ({"instance": instance} if instance else {})
        result = {
            "component": {"name": component},
            "variable": variable,
            "attributeStatus": "Accepted",
            "attributeValue": str(value),
        }
        answer = {"getVariableResult": [result]}
        await self.command("get_configuration", {"keys": [key]}, "GetVariables", answer)

    async def settled(self, command: Payload) -> Command:
        """The command's row, once nothing more is to come of it."""
        found = Command.objects.filter(pk=command["id"], finished_at__isnull=False)
        return (await eventually(lambda: list(found.all())))[0]

    async def refuses(self, type: str, args: Payload) -> Payload:
        """The gateway's reason for not taking this command, or for not sending it."""
        response = await self.post(type, args, wait="ack")
        body: Payload = response.json()
        if response.status_code >= 400:
            return body
        assert body["state"] == "rejected" and body["error"]["class"] == "gateway", body
        error: Payload = body["error"]
        return error


def alert(
    component: str,
    variable: str,
    value: str,
    evse_id: int | None = None,
    connector_id: int | None = None,
    **more: Any,
) -> Payload:
    """A NotifyEventRequest with one event."""
    evse = {"id": evse_id, "connectorId": connector_id}
    known = {name: value for name, value in evse.items() if value is not None}
    where: Payload = {"name": component, "evse": known} if known else {"name": component}
    event = {
        "eventId": uuid.uuid4().int % 2**31,
        "timestamp": at(),
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": where,
        "variable": {"name": variable},
    }
    return {"generatedAt": at(), "seqNo": 0, "eventData": [event | more]}
