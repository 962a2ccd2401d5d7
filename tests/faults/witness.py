"""Chargers that keep one journal over all their sockets, and repeat what was not acknowledged."""

import asyncio
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.fakes.journal import Frame, Journal, SentCall
from tests.operated import BOOT_16
from tests.operated_station import BOOT
from tests.running_gateway import RunningGateway

Payload = dict[str, Any]

ANSWER_WITHIN_S = 60.0
AGAIN_AFTER_S = 0.05
TAG = "04A1B2"


class Witness:
    """`tell` returns when the gateway has answered, over however many sockets.

    A message whose socket went before its answer is sent again over the next one, as chargers
    do: half of the times under its id, else under a new one.
    """

    protocol = "ocpp1.6"
    boot: Payload = BOOT_16

    def __init__(self, gateway: RunningGateway, identity: str, seed: int = 0) -> None:
        self.gateway = gateway
        self.identity = identity
        self.journals: list[Journal] = []
        self.charger: RawCharger | None = None
        self._random = random.Random(seed)
        # Its clock: two hours behind, so that nothing it tells lies in the future.
        self._clock = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)

    @property
    def calls(self) -> Iterator[SentCall]:
        return chain.from_iterable(journal.calls for journal in self.journals)

    def now(self) -> str:
        """A second later each time it is asked: no two messages bear the same time."""
        self._clock += timedelta(seconds=1)
        return self._clock.strftime("%Y-%m-%dT%H:%M:%SZ")

    async def tell(self, action: str, payload: Payload) -> Frame:
        message_id = str(uuid.uuid4())
        while True:
            charger = self.charger
            try:
                charger = charger or await self._connect()
                return await charger.call(action, payload, message_id, within=ANSWER_WITHIN_S)
            except (ConnectionClosed, OSError):
                if self.charger is charger:
                    self.charger = None
            if self._random.random() < 0.5:
                message_id = str(uuid.uuid4())

    async def close(self) -> None:
        if self.charger is not None:
            await self.charger.close()
            self.charger = None

    async def charge(self, samples: int) -> None:
        """One transaction, with what belongs to it."""
        await self._status("Charging")
        start = {"connectorId": 1, "idTag": TAG, "meterStart": 100, "timestamp": self.now()}
        answer = await self.tell("StartTransaction", start)
        number = answer[2]["transactionId"]
        for sample in range(samples):
            values = [{"timestamp": self.now(), "sampledValue": [{"value": str(100 + sample)}]}]
            payload = {"connectorId": 1, "transactionId": number, "meterValue": values}
            await self.tell("MeterValues", payload)
        stop = {"transactionId": number, "meterStop": 100 + samples, "timestamp": self.now()}
        await self.tell("StopTransaction", stop)
        await self._status("Available")

    async def charge_until(self, stopped: asyncio.Event, samples: int = 10) -> None:
        while not stopped.is_set():
            await self.charge(samples)
        await self.close()

    async def _status(self, status: str) -> None:
        payload = {"connectorId": 1, "status": status, "errorCode": "NoError"}
        await self.tell("StatusNotification", payload | {"timestamp": self.now()})

    async def _connect(self) -> RawCharger:
        """As soon as the gateway lets it in; it says 503 where its store is down."""
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while True:
            try:
                charger = await self.gateway.connect(self.identity, self.protocol)
            except HandshakeRefusedError as refused:
                if refused.status != 503:
                    raise
            except (WebSocketException, EOFError, OSError):
                pass  # the server is not there
            else:
                self.journals.append(charger.journal)
                await charger.call("BootNotification", self.boot, within=ANSWER_WITHIN_S)
                self.charger = charger
                return charger
            assert time.monotonic() < deadline, f"{self.identity} did not get in again"
            await asyncio.sleep(AGAIN_AFTER_S)


class Witness201(Witness):
    """The same in 2.0.1, where the charger names its transactions and numbers what it tells."""

    protocol = "ocpp2.0.1"
    boot = BOOT

    async def charge(self, samples: int) -> None:
        transaction_id = str(uuid.UUID(int=self._random.getrandbits(128)))
        await self._status("Occupied")
        types = ["Started", *["Updated"] * samples, "Ended"]
        for number, event_type in enumerate(types):
            await self.tell("TransactionEvent", self._event(transaction_id, number, event_type))
        await self._status("Available")

    def _event(self, transaction_id: str, number: int, event_type: str) -> Payload:
        at = self.now()
        event: Payload = {
            "eventType": event_type,
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": {"transactionId": transaction_id},
            "evse": {"id": 1, "connectorId": 1},
        }
        if event_type == "Started":
            event |= {"idToken": {"idToken": TAG, "type": "ISO14443"}}
        else:
            event |= {"meterValue": [{"timestamp": at, "sampledValue": [{"value": 100 + number}]}]}
        return event

    async def _status(self, status: str) -> None:
        payload = {"evseId": 1, "connectorId": 1, "connectorStatus": status}
        await self.tell("StatusNotification", payload | {"timestamp": self.now()})


def witnesses(gateway: RunningGateway, count: int, name: str) -> list[Witness]:
    """Registered, of both versions by turns."""
    found: list[Witness] = []
    for number in range(count):
        kind = Witness201 if number % 2 else Witness
        identity = f"{name}-{number}"
        gateway.register(identity)
        found.append(kind(gateway, identity, seed=number))
    return found
