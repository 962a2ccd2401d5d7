"""A central system on the `ocpp` package: just enough to try the simulated chargers against.

It accepts every token but `BLOCKED1`, keeps what it is told, and sends what a test asks for.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ocpp import v16, v201
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.fakes.link import answers, package_logger
from tests.fakes.outlet import now

Record = dict[str, Any]


PATIENCE_S = 15


class UnexpectedSilenceError(AssertionError):
    """What a test waited for was not sent in time."""


@dataclass
class CentralSystem:
    """`boot_answers` are given to the next boots; after them every boot is accepted."""

    url: str = ""
    received: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    authorizations: list[str | None] = field(default_factory=list)
    boot_answers: list[tuple[str, int]] = field(default_factory=list)
    station: Any = None
    connection: ServerConnection | None = None
    transaction_ids: Any = field(default_factory=lambda: count(1))
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, action: str, payload: Record) -> None:
        self.received[action].append(payload)
        self.news.set()

    async def wait_for(self, action: str, number: int = 1, **values: Any) -> Record:
        """The `number`-th message of this action whose payload has these values."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            found = [
                payload
                for payload in self.received[action]
                if all(payload.get(name) == value for name, value in values.items())
            ]
            if len(found) >= number:
                return found[number - 1]
            self.news.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self.news.wait()
            except TimeoutError:
                raise UnexpectedSilenceError(f"{action} {values}: {self.received}") from None

    def next_boot_answer(self) -> tuple[str, int]:
        return self.boot_answers.pop(0) if self.boot_answers else ("Accepted", 300)

    async def serve_connection(self, connection: ServerConnection) -> None:
        identity = (connection.request.path if connection.request else "").rsplit("/", 1)[-1]
        headers = connection.request.headers if connection.request else {}
        self.authorizations.append(headers.get("Authorization"))
        self.connection = connection
        kind = Station201 if connection.subprotocol == "ocpp2.0.1" else Station16
        self.station = kind(identity, connection, logger=package_logger)
        self.station.central_system = self
        with suppress(ConnectionClosed):
            while True:
                message = await connection.recv()
                # An answer that cannot be sent any more is no reason to leave the rest unread.
                with suppress(ConnectionClosed):
                    await self.station.route_message(message)


@asynccontextmanager
async def central_system() -> AsyncIterator[CentralSystem]:
    system = CentralSystem()
    subprotocols = [Subprotocol("ocpp2.0.1"), Subprotocol("ocpp1.6")]
    async with serve(
        system.serve_connection, "127.0.0.1", 0, subprotocols=subprotocols, close_timeout=1
    ) as server:
        host, port = next(iter(server.sockets)).getsockname()
        system.url = f"ws://{host}:{port}/ocpp"
        yield system


class Station16(v16.ChargePoint):
    central_system: CentralSystem

    @answers("BootNotification")
    def on_boot(self, **payload: Any) -> Any:
        self.central_system.note("BootNotification", payload)
        status, interval = self.central_system.next_boot_answer()
        return v16.call_result.BootNotification(now(), interval, status)

    @answers("Heartbeat")
    def on_heartbeat(self, **payload: Any) -> Any:
        self.central_system.note("Heartbeat", payload)
        return v16.call_result.Heartbeat(now())

    @answers("StatusNotification")
    def on_status(self, **payload: Any) -> Any:
        self.central_system.note("StatusNotification", payload)
        return v16.call_result.StatusNotification()

    @answers("Authorize")
    def on_authorize(self, **payload: Any) -> Any:
        self.central_system.note("Authorize", payload)
        return v16.call_result.Authorize(_id_tag_info(payload["id_tag"]))

    @answers("StartTransaction")
    def on_start(self, **payload: Any) -> Any:
        self.central_system.note("StartTransaction", payload)
        number = next(self.central_system.transaction_ids)
        return v16.call_result.StartTransaction(number, _id_tag_info(payload["id_tag"]))

    @answers("MeterValues")
    def on_meter_values(self, **payload: Any) -> Any:
        self.central_system.note("MeterValues", payload)
        return v16.call_result.MeterValues()

    @answers("StopTransaction")
    def on_stop(self, **payload: Any) -> Any:
        self.central_system.note("StopTransaction", payload)
        return v16.call_result.StopTransaction()

    @answers("FirmwareStatusNotification")
    def on_firmware_status(self, **payload: Any) -> Any:
        self.central_system.note("FirmwareStatusNotification", payload)
        return v16.call_result.FirmwareStatusNotification()


class Station201(v201.ChargePoint):
    central_system: CentralSystem

    @answers("BootNotification")
    def on_boot(self, **payload: Any) -> Any:
        self.central_system.note("BootNotification", payload)
        status, interval = self.central_system.next_boot_answer()
        return v201.call_result.BootNotification(now(), interval, status)

    @answers("Heartbeat")
    def on_heartbeat(self, **payload: Any) -> Any:
        self.central_system.note("Heartbeat", payload)
        return v201.call_result.Heartbeat(now())

    @answers("StatusNotification")
    def on_status(self, **payload: Any) -> Any:
        self.central_system.note("StatusNotification", payload)
        return v201.call_result.StatusNotification()

    @answers("Authorize")
    def on_authorize(self, **payload: Any) -> Any:
        self.central_system.note("Authorize", payload)
        return v201.call_result.Authorize(_id_tag_info(payload["id_token"]["id_token"]))

    @answers("TransactionEvent")
    def on_transaction_event(self, **payload: Any) -> Any:
        self.central_system.note("TransactionEvent", payload)
        if "id_token" not in payload:
            return v201.call_result.TransactionEvent()
        info = _id_tag_info(payload["id_token"]["id_token"])
        return v201.call_result.TransactionEvent(id_token_info=info)

    @answers("MeterValues")
    def on_meter_values(self, **payload: Any) -> Any:
        self.central_system.note("MeterValues", payload)
        return v201.call_result.MeterValues()

    @answers("NotifyReport")
    def on_notify_report(self, **payload: Any) -> Any:
        self.central_system.note("NotifyReport", payload)
        return v201.call_result.NotifyReport()


def _id_tag_info(value: str) -> Record:
    return {"status": "Blocked" if value == "BLOCKED1" else "Accepted"}
