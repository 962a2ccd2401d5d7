"""A charge point held from both its ends: its socket, and the API that commands it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import requests

from chargepoints.models import ChargePoint, Event, Transaction
from tests.fakes import frames
from tests.fakes.charger import RawCharger
from tests.running_gateway import RunningGateway

Payload = dict[str, Any]
T = TypeVar("T")
WITHIN_S = 10.0

BOOT_16: Payload = {
    "chargePointVendor": "Acme",
    "chargePointModel": "Wall 22",
    "chargePointSerialNumber": "SN-1",
    "firmwareVersion": "1.0",
}


def at(**ago: float) -> str:
    """A time as chargers write it, so long ago."""
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def eventually(what: Callable[[], T], within: float = WITHIN_S) -> T:
    """The first true value of `what`; fails where there is none in time."""
    deadline = time.monotonic() + within
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, f"nothing came of it within {within} s"
        await asyncio.sleep(0.02)


class OperatedCharger:
    """`charger` is the socket, `row` the charge point; `command` goes through the API."""

    def __init__(self, gateway: RunningGateway, row: ChargePoint, charger: RawCharger) -> None:
        self.gateway = gateway
        self.row = row
        self.charger = charger
        self._key = gateway.api_key()

    @classmethod
    async def connect(
        cls,
        gateway: RunningGateway,
        identity: str,
        protocol: str = "ocpp1.6",
        *,
        boot: Payload | None = BOOT_16,
        **fields: Any,
    ) -> Self:
        """Registered with `fields`, connected and, unless `boot` is None, booted."""
        row = gateway.register(identity, **fields)
        operated = cls(gateway, row, await gateway.connect(identity, protocol))
        if boot is not None:
            answer = await operated.call("BootNotification", boot)
            assert answer["status"] == "Accepted", answer
        return operated

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        await self.charger.__aexit__(*exc_info)

    async def reconnect(self, **more: Any) -> None:
        await self.charger.close()
        self.charger = await self.gateway.connect(
            self.row.identity, self.charger.subprotocol or "ocpp1.6", **more
        )

    # --- the charger's end ------------------------------------------------------------------

    async def call(self, action: str, payload: Payload, message_id: str | None = None) -> Payload:
        """The payload of the gateway's CALLRESULT."""
        frame = await self.charger.call(action, payload, message_id)
        assert frame[0] == frames.CALLRESULT, frame
        result: Payload = frame[2]
        return result

    async def refused(self, action: str, payload: Any) -> str:
        """The code of the gateway's CALLERROR."""
        frame = await self.charger.call(action, payload)
        assert frame[0] == frames.CALLERROR, frame
        return str(frame[2])

    async def obey(self, action: str, answer: Payload) -> Payload:
        """Wait for the gateway's CALL, and answer it; the payload of the CALL."""
        message_id, payload = await self.charger.expect_call(action)
        await self.charger.answer(message_id, answer)
        request: Payload = payload
        return request

    async def status(self, connector: int, status: str, error: str = "NoError") -> None:
        payload = {"connectorId": connector, "status": status, "errorCode": error}
        assert await self.call("StatusNotification", payload | {"timestamp": at()}) == {}

    async def start(self, tag: str, connector: int = 1, **more: Any) -> Payload:
        payload = {"connectorId": connector, "idTag": tag, "meterStart": 100, "timestamp": at()}
        return await self.call("StartTransaction", payload | more)

    async def stop(self, transaction_id: int, **more: Any) -> Payload:
        payload = {"transactionId": transaction_id, "meterStop": 1100, "timestamp": at()}
        return await self.call("StopTransaction", payload | more)

    # --- the operator's end -----------------------------------------------------------------

    async def post(self, type: str, args: Payload, **body: Any) -> requests.Response:
        """POST a command; `body` may hold `wait`, `timeout_s`, `expires_at`."""
        return await self.http("POST", "commands", json={"type": type, "args": args} | body)

    async def http(self, method: str, path: str, **more: Any) -> requests.Response:
        """Ask `path` below the charge point's own resource."""
        return await self.api(method, f"charge-points/{self.row.identity}/{path}", **more)

    async def api(
        self, method: str, path: str, extra_headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Ask `path` of the API."""
        url = f"{self.gateway.http}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self._key}"} | (extra_headers or {})
        ask = requests.request
        return await asyncio.to_thread(ask, method, url, headers=headers, timeout=60, **more)

    async def command(
        self, type: str, args: Payload, action: str, answer: Payload, wait: str = "ack"
    ) -> tuple[Payload, Payload]:
        """Command through the API and answer as the charger; the CALL's payload, the command."""
        posted = asyncio.create_task(self.post(type, args, wait=wait))
        request = await self.obey(action, answer)
        response = await posted
        assert response.status_code in (200, 202), response.text
        return request, response.json()

    async def finished(self, type: str, args: Payload) -> Payload:
        """A command that ends without a word to the charger."""
        response = await self.post(type, args, wait="ack")
        assert response.status_code == 200, response.text
        body: Payload = response.json()
        return body

    # --- what is known of it ----------------------------------------------------------------

    def known(self) -> ChargePoint:
        return ChargePoint.objects.get(pk=self.row.pk)

    def transactions(self) -> list[Transaction]:
        return list(Transaction.objects.filter(charge_point=self.row).order_by("id"))

    def events(self, *types: str) -> list[Event]:
        """The events of these types, or all, in order."""
        events = Event.objects.filter(charge_point=self.row).order_by("sequence")
        return [event for event in events if not types or event.type in types]
