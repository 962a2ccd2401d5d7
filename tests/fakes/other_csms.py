"""A second central system, of the `ocpp` package: it numbers transactions itself, and is killed."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import AuthorizationStatus, RegistrationStatus
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as call_result201
from ocpp.v201.enums import RegistrationStatusEnumType as RegistrationStatus201
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ACCEPTED = {"status": AuthorizationStatus.accepted}
FIRST_TRANSACTION = 9001


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Station(ChargePoint):
    """What the system knows of one socket."""

    def __init__(self, identity: str, socket: Any, system: "OtherSystem") -> None:
        super().__init__(identity, socket)
        self.system = system

    async def route_message(self, raw_msg: str) -> None:
        self.system.frames.append(raw_msg)
        await super().route_message(raw_msg)

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **said: Any) -> Any:
        self.system.note("BootNotification", said)
        status = RegistrationStatus.accepted
        return call_result.BootNotification(current_time=_now(), interval=60, status=status)

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **said: Any) -> Any:
        self.system.note("StatusNotification", said)
        return call_result.StatusNotification()

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self) -> Any:
        self.system.note("Heartbeat", {})
        return call_result.Heartbeat(current_time=_now())

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def meter_values(self, **said: Any) -> Any:
        self.system.note("MeterValues", said)
        return call_result.MeterValues()

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def transaction_started(self, **said: Any) -> Any:
        self.system.note("StartTransaction", said)
        self.system.transactions += 1
        number = FIRST_TRANSACTION + self.system.transactions
        return call_result.StartTransaction(transaction_id=number, id_tag_info=ACCEPTED)

    @after("StartTransaction")  # type: ignore[untyped-decorator]
    async def start_answered(self, **said: Any) -> None:
        if (wanted := self.system.asked_at_once) is not None:
            self.system.answered = await self.call(wanted)

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def transaction_stopped(self, **said: Any) -> Any:
        self.system.note("StopTransaction", said)
        return call_result.StopTransaction()


class LaterStation(ChargePoint201):
    """The same over OCPP 2.0.1 and 2.1, whose chargers name their transactions themselves."""

    def __init__(self, identity: str, socket: Any, system: "OtherSystem") -> None:
        super().__init__(identity, socket)
        self.system = system

    async def route_message(self, raw_msg: str) -> None:
        self.system.frames.append(raw_msg)
        await super().route_message(raw_msg)

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **said: Any) -> Any:
        self.system.note("BootNotification", said)
        return call_result201.BootNotification(
            current_time=_now(), interval=60, status=RegistrationStatus201.accepted
        )

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self) -> Any:
        self.system.note("Heartbeat", {})
        return call_result201.Heartbeat(current_time=_now())

    @on("TransactionEvent")  # type: ignore[untyped-decorator]
    def transaction(self, **said: Any) -> Any:
        self.system.note("TransactionEvent", said)
        return call_result201.TransactionEvent()


class OtherSystem:
    """`said` is by action, `frames` all that came, in their order; `speaks` the subprotocols.

    `asked_at_once` is a call that leaves with the answer to a StartTransaction; `answered` is its
    result.
    """

    def __init__(self) -> None:
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.frames: list[str] = []
        self.transactions = 0
        self.asked_at_once: Any = None
        self.answered: Any = None
        self.station: Station | LaterStation | None = None
        self.speaks = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
        self.port = 0
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/other"

    def note(self, action: str, said: dict[str, Any]) -> None:
        self.said.setdefault(action, []).append(said)

    async def start(self) -> None:
        """On the same port as before."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=[Subprotocol(each) for each in self.speaks],
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _serve(self, socket: ServerConnection) -> None:
        request = socket.request
        assert request is not None
        kind = Station if socket.subprotocol == "ocpp1.6" else LaterStation
        self.station = kind(request.path.rpartition("/")[2], socket, self)
        with suppress(ConnectionClosed):
            await self.station.start()

    async def kill(self) -> None:
        """As a power cut does it: no closing handshake, no answer to what is under way."""
        if self._server is None:
            return
        for socket in list(self._server.connections):
            socket.transport.abort()
        self._server.close()
        await self._server.wait_closed()
        self._server = None
        await asyncio.sleep(0)
