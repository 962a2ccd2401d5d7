"""The Channels consumer that holds one charger's socket.

It has one read loop of its own: the stock dispatch awaits a database thread that all sockets
share, for every frame, and listens to the channel layer in each socket.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer

from chargepoints.gateway import admission, handshake, process, refusals
from chargepoints.gateway.admission import Admitted
from chargepoints.gateway.charger_socket import ChargerSocket
from chargepoints.gateway.denial import deny
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.gateway.session import Session
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.observability import metrics
from chargepoints.services.stations import quirks

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChargePointConsumer(AsyncConsumer):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        gateway = process.current()
        request = handshake.read_request(scope)
        outcome = await self._admit(gateway, request)
        if isinstance(outcome, Refused):
            await _deny(send, outcome)
            return
        session = Session(ChargerSocket(outcome, gateway.writer, send))
        code: int | None = None
        reason = "the server stopped"
        try:
            await gateway.add(session, outcome.superseded)
            await send({"type": "websocket.accept", "subprotocol": outcome.subprotocol})
            if outcome.station.quirks and (keep := scope["extensions"].get("connect.keepalive")):
                keep(*quirks.keep_alive(outcome.station))
            code = await _read(receive, session)
            reason = "closed"
        finally:
            gateway.remove(session)
            await session.end(code, reason)

    async def _admit(self, gateway: process.Gateway, request: Request) -> Admitted | Refused:
        """Ask the guard, then the database; a refusal is noted for staff."""
        if not gateway.writer.healthy:
            return refusals.STORE_DOWN
        key = hash(request.identity.lower())
        outcome: Admitted | Refused | None = gateway.guard.refuses(request)
        try:
            if outcome is None:
                outcome = await gateway.writer.run(
                    key, lambda unit: admission.admit(unit, request, gateway.server_id)
                )
                if isinstance(outcome, Admitted):
                    gateway.guard.let_in(request)
                elif outcome.status in (401, 404):
                    gateway.guard.failed(request)
            if isinstance(outcome, Refused):
                refused = outcome
                logger.info("refused %r: %s", request.identity, refused.reason)
                metrics.REFUSALS.labels(refused.reason).inc()
                if gateway.guard.is_to_be_recorded(request, refused):
                    await gateway.writer.run(
                        key, lambda unit: refusals.record(unit, request, refused)
                    )
        except StoreUnavailable:
            return refusals.STORE_DOWN
        return outcome


async def _read(receive: Receive, session: Session) -> int | None:
    """Hand every frame to the session until the socket closes; the close code."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return message.get("code")
        text = message.get("text")
        if text is None:
            # No charger means binary; some send their text that way.
            text = bytes(message["bytes"]).decode("utf-8", "replace")
        await session.take(text)


async def _deny(send: Send, refused: Refused) -> None:
    """Refuse the handshake with an HTTP status; the body never says more than the status."""
    headers = []
    if refused.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="ocpp", charset="UTF-8"'))
    if refused.status in (429, 503):
        headers.append((b"retry-after", b"60" if refused.status == 429 else b"10"))
    await deny(send, refused.status, b"refused\n", headers)
