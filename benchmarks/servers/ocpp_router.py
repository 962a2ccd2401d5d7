"""(b) `ocpp` and `websockets` answering without storage, as the documentation of `ocpp` shows.

`python -m benchmarks.servers.ocpp_router PORT [inline]`; with `inline`, payloads are validated
where they arrive and not in a thread (`ocpp.messages.ASYNC_VALIDATION = False`).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import UTC, datetime
from itertools import count
from typing import Any

import ocpp.messages
import websockets
from ocpp import v16, v21, v201
from ocpp.routing import on

ACCEPTED = {"status": "Accepted"}
_numbers = count(1)


def _now() -> str:
    return datetime.now(UTC).isoformat()


class StoringNothing16(v16.ChargePoint):  # type: ignore[misc]
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot_notification(self, **payload: Any) -> v16.call_result.BootNotification:
        return v16.call_result.BootNotification(_now(), 300, "Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> v16.call_result.Heartbeat:
        return v16.call_result.Heartbeat(_now())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def on_status_notification(self, **payload: Any) -> v16.call_result.StatusNotification:
        return v16.call_result.StatusNotification()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **payload: Any) -> v16.call_result.MeterValues:
        return v16.call_result.MeterValues()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def on_authorize(self, **payload: Any) -> v16.call_result.Authorize:
        return v16.call_result.Authorize(ACCEPTED)

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def on_start_transaction(self, **payload: Any) -> v16.call_result.StartTransaction:
        return v16.call_result.StartTransaction(next(_numbers), ACCEPTED)

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def on_stop_transaction(self, **payload: Any) -> v16.call_result.StopTransaction:
        return v16.call_result.StopTransaction(ACCEPTED)


class StoringNothing201(v201.ChargePoint):  # type: ignore[misc]
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot_notification(self, **payload: Any) -> v201.call_result.BootNotification:
        return v201.call_result.BootNotification(_now(), 300, "Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> v201.call_result.Heartbeat:
        return v201.call_result.Heartbeat(_now())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def on_status_notification(self, **payload: Any) -> v201.call_result.StatusNotification:
        return v201.call_result.StatusNotification()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **payload: Any) -> v201.call_result.MeterValues:
        return v201.call_result.MeterValues()

    @on("TransactionEvent")  # type: ignore[untyped-decorator]
    def on_transaction_event(self, **payload: Any) -> v201.call_result.TransactionEvent:
        return v201.call_result.TransactionEvent()

    @on("NotifyEvent")  # type: ignore[untyped-decorator]
    def on_notify_event(self, **payload: Any) -> v201.call_result.NotifyEvent:
        return v201.call_result.NotifyEvent()

    @on("SecurityEventNotification")  # type: ignore[untyped-decorator]
    def on_security_event(self, **payload: Any) -> v201.call_result.SecurityEventNotification:
        return v201.call_result.SecurityEventNotification()

    @on("NotifyReport")  # type: ignore[untyped-decorator]
    def on_notify_report(self, **payload: Any) -> v201.call_result.NotifyReport:
        return v201.call_result.NotifyReport()


class StoringNothing21(v21.ChargePoint):  # type: ignore[misc]
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot_notification(self, **payload: Any) -> v21.call_result.BootNotification:
        return v21.call_result.BootNotification(_now(), 300, "Accepted")

    @on("TransactionEvent")  # type: ignore[untyped-decorator]
    def on_transaction_event(self, **payload: Any) -> v21.call_result.TransactionEvent:
        return v21.call_result.TransactionEvent()


CHARGE_POINTS: dict[str, type[Any]] = {
    "ocpp1.6": StoringNothing16,
    "ocpp2.0.1": StoringNothing201,
    "ocpp2.1": StoringNothing21,
}


async def on_connect(websocket: websockets.ServerConnection) -> None:
    assert websocket.request
    assert websocket.subprotocol
    charge_point = CHARGE_POINTS[websocket.subprotocol](
        websocket.request.path.rpartition("/")[2], websocket
    )
    with contextlib.suppress(websockets.ConnectionClosed):
        await charge_point.start()


async def main(port: int) -> None:
    spoken = [websockets.Subprotocol(name) for name in CHARGE_POINTS]
    async with websockets.serve(on_connect, "127.0.0.1", port, subprotocols=spoken) as server:
        await server.serve_forever()


if __name__ == "__main__":
    ocpp.messages.ASYNC_VALIDATION = "inline" not in sys.argv[2:]
    asyncio.run(main(int(sys.argv[1])))
