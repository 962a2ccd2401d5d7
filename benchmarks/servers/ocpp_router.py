"""(b) `ocpp` and `websockets` answering without storage, as the documentation of `ocpp` shows.

`python -m benchmarks.servers.ocpp_router PORT [inline]`; with `inline`, payloads are validated
where they arrive and not in a thread (`ocpp.messages.ASYNC_VALIDATION = False`).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from datetime import UTC, datetime
from typing import Any

import ocpp.messages
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, RegistrationStatus

OCPP_16 = websockets.Subprotocol("ocpp1.6")


class StoringNothing(ChargePoint):  # type: ignore[misc]
    @on(Action.boot_notification)  # type: ignore[untyped-decorator]
    def on_boot_notification(self, **payload: Any) -> call_result.BootNotification:
        return call_result.BootNotification(
            current_time=datetime.now(UTC).isoformat(),
            interval=300,
            status=RegistrationStatus.accepted,
        )

    @on(Action.heartbeat)  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on(Action.status_notification)  # type: ignore[untyped-decorator]
    def on_status_notification(self, **payload: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on(Action.meter_values)  # type: ignore[untyped-decorator]
    def on_meter_values(self, **payload: Any) -> call_result.MeterValues:
        return call_result.MeterValues()


async def on_connect(websocket: websockets.ServerConnection) -> None:
    assert websocket.request
    charge_point = StoringNothing(websocket.request.path.rpartition("/")[2], websocket)
    with contextlib.suppress(websockets.ConnectionClosed):
        await charge_point.start()


async def main(port: int) -> None:
    async with websockets.serve(on_connect, "127.0.0.1", port, subprotocols=[OCPP_16]) as server:
        await server.serve_forever()


if __name__ == "__main__":
    ocpp.messages.ASYNC_VALIDATION = "inline" not in sys.argv[2:]
    asyncio.run(main(int(sys.argv[1])))
