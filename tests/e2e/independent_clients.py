"""The charge points of the `ocpp` package, in words that the versions share."""

import asyncio
import contextlib
from typing import Any

from ocpp import v16
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chargepoints.models import Transaction
from chargepoints.protocol.versions import OcppVersion
from tests.conformance import test_independent_client as independent
from tests.fakes.charger import basic_authorization
from tests.operated import BOOT_16, OperatedCharger, Payload, at
from tests.operated_station import BOOT
from tests.running_gateway import KEY

independent.PACKAGE.setdefault("1.6", v16)
ENERGY = "Energy.Active.Import.Register"


class Client(OperatedCharger):
    """`station` is the package's, at one end; the API is at the other."""

    version: OcppVersion
    station: Any

    async def open(self) -> None:
        self._socket = await connect(
            f"{self.gateway.url}/{self.row.identity}",
            subprotocols=[Subprotocol(self.version.subprotocol)],
            additional_headers={"Authorization": basic_authorization(self.row.identity, KEY)},
            proxy=None,
        )
        self.station = independent.station_of(self.version)(self.row.identity, self._socket)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self.station.start()

    async def shut(self) -> None:
        await self._socket.close()
        await self._reading

    def cut(self) -> None:
        self._socket.transport.abort()

    async def tell(self, action: str, payload: Payload) -> Any:
        return await self.station.tell(action, payload)

    @property
    def asked(self) -> dict[str, Payload]:
        found: dict[str, Payload] = self.station.asked
        return found

    async def wants(self, type: str, args: Payload, wait: str = "ack") -> Payload:
        response = await self.post(type, args, wait=wait)
        assert response.status_code in (200, 202), response.text
        found: Payload = response.json()
        return found

    def of(self, transaction_id: str) -> Transaction:
        return Transaction.objects.get(charge_point=self.row, transaction_id=transaction_id)

    # In the words of the version.

    async def boot(self) -> None:
        raise NotImplementedError

    async def status(self, evse: int, status: str, error: str = "NoError") -> None:
        raise NotImplementedError

    async def begin(self, evse: int, token: str, wh: float, ago: float = 0, **more: Any) -> str:
        raise NotImplementedError

    async def sample(self, evse: int, tx: str, samples: list[Payload], ago: float = 0) -> None:
        raise NotImplementedError

    async def end(self, evse: int, tx: str, wh: float, ago: float = 0, **more: Any) -> Any:
        raise NotImplementedError


class Client16(Client):
    async def boot(self) -> None:
        assert (await self.tell("BootNotification", BOOT_16)).status == "Accepted"

    async def status(self, evse: int, status: str, error: str = "NoError") -> None:
        known = {"connectorId": evse, "status": status, "errorCode": error, "timestamp": at()}
        await self.tell("StatusNotification", known)

    async def begin(self, evse: int, token: str, wh: float, ago: float = 0, **more: Any) -> str:
        known = {
            "connectorId": evse,
            "idTag": token,
            "meterStart": wh,
            "timestamp": at(seconds=ago),
        }
        more.pop("remotely", None)
        return str((await self.tell("StartTransaction", known | more)).transaction_id)

    async def sample(self, evse: int, tx: str, samples: list[Payload], ago: float = 0) -> None:
        sampled = [each | {"value": str(each["value"])} for each in samples]
        element = {"timestamp": at(seconds=ago), "sampledValue": sampled}
        told = {"connectorId": evse, "transactionId": int(tx), "meterValue": [element]}
        await self.tell("MeterValues", told)

    async def end(self, evse: int, tx: str, wh: float, ago: float = 0, **more: Any) -> Any:
        known = {"transactionId": int(tx), "meterStop": wh, "timestamp": at(seconds=ago)}
        token = {"idTag": more["token"]} if "token" in more else {}
        reason = {"reason": more["reason"]} if "reason" in more else {}
        return (await self.tell("StopTransaction", known | token | reason)).id_tag_info


class Client201(Client):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._numbers: dict[str, int] = {}

    async def boot(self) -> None:
        assert (await self.tell("BootNotification", BOOT)).status == "Accepted"

    async def status(self, evse: int, status: str, error: str = "NoError") -> None:
        known = {"connectorStatus": status, "evseId": evse, "connectorId": 1, "timestamp": at()}
        await self.tell("StatusNotification", known)

    async def event(self, kind: str, tx: str, trigger: str, ago: float, more: Payload) -> Any:
        number = self._numbers[tx] = self._numbers.get(tx, -1) + 1
        info = {"transactionId": tx} | more.pop("info", {})
        told = {"eventType": kind, "timestamp": at(seconds=ago), "triggerReason": trigger}
        known: Payload = told | {"seqNo": number, "transactionInfo": info}
        if ago > 60:
            known["offline"] = True
        return await self.tell("TransactionEvent", known | more)

    async def begin(self, evse: int, token: str, wh: float, ago: float = 0, **more: Any) -> str:
        tx = f"TX-{evse}-{token}-{wh:.0f}"
        trigger = "RemoteStart" if "remotely" in more else "Authorized"
        info = {"remoteStartId": more["remotely"]} if "remotely" in more else {}
        told = {
            "idToken": {"idToken": token, "type": "Central"},
            "evse": {"id": evse, "connectorId": 1},
            "meterValue": [element(wh, "Transaction.Begin", ago)],
            "info": info | {"chargingState": "Charging"},
        }
        if "reservationId" in more:
            told["reservationId"] = more["reservationId"]
        await self.event("Started", tx, trigger, ago, told)
        return tx

    async def sample(self, evse: int, tx: str, samples: list[Payload], ago: float = 0) -> None:
        told = {"meterValue": [{"timestamp": at(seconds=ago), "sampledValue": samples}]}
        await self.event("Updated", tx, "MeterValuePeriodic", ago, told)

    async def end(self, evse: int, tx: str, wh: float, ago: float = 0, **more: Any) -> Any:
        told: Payload = {"meterValue": [element(wh, "Transaction.End", ago)]}
        told["info"] = {"stoppedReason": more.get("reason", "Local")}
        if "token" in more:
            told["idToken"] = {"idToken": more["token"], "type": "Central"}
        return (await self.event("Ended", tx, "StopAuthorized", ago, told)).id_token_info


def element(wh: float, context: str, ago: float) -> Payload:
    sampled = {"value": wh, "context": context, "measurand": ENERGY}
    return {"timestamp": at(seconds=ago), "sampledValue": [sampled]}
