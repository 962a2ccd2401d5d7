"""A simulated charger: connects, boots, stays connected, and holds what must not be lost.

`simulator_v16.Charger16` and `simulator_v201.Charger201` add the messages of their version.
"""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import quote

from ocpp.exceptions import OCPPError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from tests.fakes.charger import basic_authorization
from tests.fakes.charging import Drivers, Pace, UndeliverableError
from tests.fakes.journal import SentCall
from tests.fakes.link import Link, OfflineError
from tests.fakes.outlet import Outlet, Plate, Start, StopCause

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_S = 60.0
BOOT_RETRY_S = 30.0
REBOOT_S = 1.0
JOURNAL_LENGTH = 10_000


class SimulatedCharger(ABC):
    """`url` is like `ws://127.0.0.1:8000/ocpp`; `run` goes on until it is cancelled.

    Time is real but for the battery, which charges `pace.speed` times as fast. Every choice is
    made by dice that are seeded with the identity, so that runs are alike.
    """

    subprotocol: ClassVar[str]
    # A CALLERROR in answer to a message about a transaction: how often it is sent, and when again.
    message_attempts = 3
    message_retry_s = 5.0

    def __init__(
        self,
        identity: str,
        url: str,
        password: str | bytes | None = None,
        *,
        plate: Plate | None = None,
        pace: Pace | None = None,
        id_tokens: tuple[str, ...] = ("04A1B2C3",),
        backoff_s: float = 1.0,
    ) -> None:
        self.identity = identity
        self.url = url
        self.password = password
        self.plate = plate or Plate()
        self.backoff_s = backoff_s
        self.dice = random.Random(identity)
        self.outlets = [Outlet(n + 1, self.plate, self.dice) for n in range(self.plate.outlets)]
        pace = pace or Pace()
        self.drivers = [
            Drivers(self, outlet, pace, id_tokens, self.dice) for outlet in self.outlets
        ]
        self.journal: deque[SentCall] = deque(maxlen=JOURNAL_LENGTH)
        self.online = asyncio.Event()
        self.accepted_tokens: set[str] = set()
        self.boots = 0
        self._link: Link | None = None
        self._socket: ClientConnection | None = None
        self._reboot_reason: str | None = "PowerUp"
        self._boot_now = asyncio.Event()

    # --- what a version adds --------------------------------------------------------------------

    @abstractmethod
    def make_link(self, socket: ClientConnection) -> Link: ...
    @abstractmethod
    def boot_notification(self, reason: str) -> Any: ...
    @abstractmethod
    def heartbeat(self) -> Any: ...
    @property
    @abstractmethod
    def heartbeat_interval_s(self) -> float: ...
    @heartbeat_interval_s.setter
    @abstractmethod
    def heartbeat_interval_s(self, seconds: float) -> None: ...
    @property
    @abstractmethod
    def sample_interval_s(self) -> float: ...
    @property
    @abstractmethod
    def authorizes_remote_starts(self) -> bool: ...
    @property
    @abstractmethod
    def authorizes_offline(self) -> bool: ...
    @abstractmethod
    def status_notifications(self) -> list[Any]: ...
    @abstractmethod
    async def report_state(self, outlet: Outlet) -> None: ...
    @abstractmethod
    async def ask_authorization(self, start: Start) -> bool: ...
    @abstractmethod
    async def begin(self, outlet: Outlet, start: Start) -> bool: ...
    @abstractmethod
    async def report_samples(self, outlet: Outlet) -> None: ...
    @abstractmethod
    async def end(self, outlet: Outlet, cause: StopCause) -> None: ...

    # --- what tests and commands ask ------------------------------------------------------------

    @property
    def serves_drivers(self) -> bool:
        """Offline, a station lets only those in whom the gateway took before."""
        known = self.authorizes_offline and bool(self.accepted_tokens)
        return self.online.is_set() or known

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stay_connected())
            for drivers in self.drivers:
                tasks.create_task(drivers.run())

    def outlet(self, number: int | None) -> Outlet | None:
        """The outlet of this number, or for None the first that is free."""
        for each in self.outlets:
            if each.free if number is None else each.number == number:
                return each
        return None

    def charging_outlet(self, transaction_id: int | str) -> Outlet | None:
        """The outlet whose transaction this is, unless it is about to end anyway."""
        for each in self.outlets:
            transaction = each.transaction
            if transaction and transaction.transaction_id == transaction_id:
                return None if each.stop_cause else each
        return None

    def boot_again(self) -> None:
        """Send a BootNotification now, on the open connection."""
        self._boot_now.set()

    async def disconnect(self) -> None:
        """Close the connection; the charger comes back by itself."""
        if self._socket:
            await self._socket.close()

    async def reboot(self, reason: str) -> None:
        """Close the connection, start anew and say why."""
        self._reboot_reason = reason
        await self.disconnect()

    async def power_off(self, within: float = 3) -> None:
        """End every charge while the last of the power lasts; then `run` is to be cancelled."""
        for outlet in self.outlets:
            outlet.ask_stop(StopCause.POWER_LOSS)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.when_idle()

    async def when_idle(self) -> None:
        """Wait until no transaction is left that the gateway does not know the end of."""
        for outlet in self.outlets:
            await outlet.idle.wait()

    # --- sending --------------------------------------------------------------------------------

    async def ask(self, request: Any) -> Any:
        """Send a CALL now; see `Link.ask` for what it raises."""
        if self._link is None:
            raise OfflineError
        return await self._link.ask(request)

    async def say(self, request: Any) -> None:
        """Send what need not arrive: it is out of date by the time of the next connection."""
        try:
            await self.ask(request)
        except (OfflineError, TimeoutError, OCPPError) as error:
            logger.info("%s: %s was not taken: %r", self.identity, type(request).__name__, error)

    async def deliver(self, request: Any) -> Any:
        """Send a message about a transaction until it is acknowledged, offline times and all.

        Raises `UndeliverableError` when it was answered by a CALLERROR too often.
        """
        attempts = 0
        while True:
            await self.online.wait()
            try:
                return await self.ask(request)
            except (OfflineError, TimeoutError):
                await asyncio.sleep(0)  # another connection may be there at once
            except OCPPError as error:
                attempts += 1
                if attempts >= self.message_attempts:
                    raise UndeliverableError(f"{type(request).__name__}: {error}") from error
                await asyncio.sleep(self.message_retry_s * attempts)

    async def authorize(self, start: Start) -> bool:
        """Ask the gateway whether the token may charge; offline, trust those it took before."""
        if start.remote and not self.authorizes_remote_starts:
            return True
        if not self.online.is_set():
            return self.authorizes_offline and start.id_token in self.accepted_tokens
        try:
            accepted = await self.ask_authorization(start)
        except (OfflineError, TimeoutError, OCPPError) as error:
            logger.info("%s: no authorization: %r", self.identity, error)
            return False
        (self.accepted_tokens.add if accepted else self.accepted_tokens.discard)(start.id_token)
        return accepted

    # --- the connection -------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            try:
                socket = await self._connect()
                failures = 0
                await self._converse(socket)
            except (OSError, TimeoutError, WebSocketException) as error:
                failures += 1
                logger.info("%s cannot connect: %s", self.identity, error)
            if self._reboot_reason and not failures:
                await asyncio.sleep(REBOOT_S)
            else:
                # Jitter: a fleet that lost one server must not come back in the same instant.
                backoff = min(LONGEST_BACKOFF_S, self.backoff_s * 2 ** min(failures, 10))
                await asyncio.sleep(self.dice.uniform(0.5, 1.0) * backoff)

    async def _connect(self) -> ClientConnection:
        headers = {}
        if self.password is not None:
            headers["Authorization"] = basic_authorization(self.identity, self.password)
        return await connect(
            f"{self.url}/{quote(self.identity, safe='')}",
            subprotocols=[Subprotocol(self.subprotocol)],
            additional_headers=headers,
            compression=None,
            proxy=None,
        )

    async def _converse(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._link = self.make_link(socket)
        try:
            async with asyncio.TaskGroup() as tasks:
                life = tasks.create_task(self._live())
                await self._link.read()
                life.cancel()
        finally:
            self.online.clear()
            self._link = self._socket = None
            await socket.close(CloseCode.GOING_AWAY)

    async def _live(self) -> None:
        try:
            while True:
                await self._register()
                self.online.set()
                for notification in self.status_notifications():
                    await self.say(notification)
                while not await self._boot_asked_within(self.heartbeat_interval_s):
                    await self.say(self.heartbeat())
        except OfflineError:
            return

    async def _register(self) -> None:
        """Boot until the gateway accepts it; B02 and B03: say nothing else before."""
        if self._reboot_reason is None and not self._boot_now.is_set():
            return  # only the connection was lost: the registration is still good
        while True:
            reason = self._reboot_reason or "Triggered"
            retry_s = BOOT_RETRY_S
            self._boot_now.clear()
            try:
                answer = await self.ask(self.boot_notification(reason))
            except (TimeoutError, OCPPError) as error:
                logger.warning("%s: boot failed: %r", self.identity, error)
            else:
                self.boots += 1
                if answer.status == "Accepted":
                    self._reboot_reason = None
                    self.heartbeat_interval_s = answer.interval or BOOT_RETRY_S
                    return
                self.online.clear()
                retry_s = answer.interval or BOOT_RETRY_S
            await self._boot_asked_within(retry_s)

    async def _boot_asked_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._boot_now.wait()
        except TimeoutError:
            return False
        return True
