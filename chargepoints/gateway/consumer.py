"""The Channels consumer that holds one charger's socket.

It has its own read loop. The stock dispatch awaits a database thread, which all sockets share,
for every frame, and listens to the channel layer in each socket.
"""

import codecs
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from channels.consumer import AsyncConsumer

from chargepoints.database.unit_of_work import OF_MANY
from chargepoints.gateway import (
    admission,
    handshake,
    handshake_guard,
    long_messages,
    process,
    refusals,
)
from chargepoints.gateway.admission import Admitted
from chargepoints.gateway.charger_socket import ChargerSocket
from chargepoints.gateway.denial import deny
from chargepoints.gateway.handshake import Refused, Request
from chargepoints.gateway.session import Session
from chargepoints.gateway.writer import StoreUnavailable
from chargepoints.models import Connection
from chargepoints.observability import metrics
from chargepoints.services.stations import quirks, registry

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChargePointConsumer(AsyncConsumer):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            gateway = process.current()
        except RuntimeError as error:
            # The server does not support ASGI's lifespan, and perhaps no denial of handshakes.
            logger.error("no charger can be served: %s", error)
            await send({"type": "websocket.close"})
            return
        outcome = await self._admit(gateway, handshake.read_request(scope))
        # Already read; an idle charger would hold this memory as long as it is connected.
        scope["headers"] = []
        if isinstance(outcome, Refused):
            await _deny(send, outcome)
            return
        session = Session(ChargerSocket(outcome, gateway.writer, send), gateway.one_long_message)
        code: int | None = None
        reason = Connection.SERVER_STOPPED
        try:
            metrics.connected(outcome.station.product)
            await gateway.add(session, outcome.superseded)
            _set_socket(scope["extensions"], outcome)
            await send({"type": "websocket.accept", "subprotocol": outcome.subprotocol})
            code, reason = await _read(receive, session)
        finally:
            with gateway.ending(session):
                await session.end(code, reason)

    async def _admit(self, gateway: process.Gateway, request: Request) -> Admitted | Refused:
        """Admit or refuse; a refusal is stored for staff, and repeated failures are delayed."""
        if not gateway.writer.healthy:
            return refusals.STORE_DOWN
        try:
            if not await _may_query_database(gateway, request):
                return await _refuse(gateway, request, handshake_guard.TOO_MANY)
            if (wrong := _bad_handshake(request) or _wrong_path(request)) is not None:
                return await _refuse(gateway, request, wrong)
            frozen_s = gateway.guard.frozen_s(request.identity)
            outcome = await gateway.writer.run(
                _key(request),
                lambda unit: admission.admit(unit, request, gateway.this_process, frozen_s),
            )
            if isinstance(outcome, Refused):
                return await _refuse(gateway, request, outcome)
        except StoreUnavailable:
            return refusals.STORE_DOWN
        return outcome


def _wrong_path(request: Request) -> Refused | None:
    """Usually `/ocpp` is missing in the charger's URL, or the path is another back end's."""
    if not request.wrong_path:
        return None
    right = quote(handshake.CHARGER_PATH + (request.identity or "IDENTITY"))[:150]
    return Refused(404, "wrong_path", f"Set the charger's URL so that its path is {right}")


def _bad_handshake(request: Request) -> Refused | None:
    if not request.defect:
        return None
    remedy = f"Correct the charger's WebSocket client, or the proxy before it: {request.defect}"
    return Refused(400, "bad_handshake", remedy[:255])


def _key(request: Request) -> int:
    """All handshakes of one identity run in the same writer thread, one after the other."""
    return hash(request.identity.lower())


async def _may_query_database(gateway: process.Gateway, request: Request) -> bool:
    """Whether to query the database: for an address over its limit, only known identities."""
    if not gateway.guard.is_over_limit(request) or gateway.guard.is_registered(request):
        return True
    if (newest := gateway.guard.next_registry_query()) is not None:
        found = await gateway.writer.run(OF_MANY, lambda unit: registry.registered_since(newest))
        gateway.guard.add_registered(found)
    return gateway.guard.is_registered(request)


async def _refuse(gateway: process.Gateway, request: Request, refused: Refused) -> Refused:
    logger.info("refused %r: %s", request.identity[:48], refused.reason)
    metrics.REFUSALS.labels(refused.reason).inc()
    if refused is handshake_guard.TOO_MANY and not gateway.guard.is_to_be_recorded(request):
        return refused
    failures = await gateway.writer.run(
        _key(request), lambda unit: refusals.record(unit, request, refused)
    )
    if refused.status not in refusals.COUNTED:
        return refused
    return await gateway.guard.answer_late(request, refused, failures)


def _set_socket(extensions: dict[str, Any], admitted: Admitted) -> None:
    """Configure the server's socket for this charger, as far as the server supports it."""
    station, version = admitted.station, admitted.version
    if station.quirks and (keep := extensions.get("connect.keepalive")):
        keep(*quirks.keep_alive(station))
    if take_long := extensions.get("connect.long_messages"):
        take_long(partial(long_messages.may_be_long, version))
    never_returns = quirks.setting(station, "reconnects_after_close") is False
    if never_returns and (drop := extensions.get("connect.no_close_frame")):
        drop()
    compresses = quirks.setting(station, "compression")
    if compresses is None:
        compresses = version.compresses
    if compresses and (allow := extensions.get("connect.compression")):
        allow()


async def _read(receive: Receive, session: Session) -> tuple[int | None, str]:
    """Pass every frame to the session until the socket closes; return its close code and reason."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return message.get("code"), message.get("reason") or "closed"
        await session.take(_text(message), cut=message.get("connect.cut", False))
        if done := message.get("connect.done"):
            done()
        del message  # or an idle charger would keep its last message in memory


def _text(message: dict[str, Any]) -> str:
    text: str | None = message.get("text")
    if text is not None:
        return text
    # OCPP-J has no binary messages, but some chargers send their text in binary frames.
    data = bytes(message["bytes"])
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if utf_16 else "utf-8", "replace")


async def _deny(send: Send, refused: Refused) -> None:
    """Refuse the handshake with an HTTP status; the body reveals no more than the status."""
    if refused.close_code:
        await send({"type": "websocket.accept", "subprotocol": None})
        await send({"type": "websocket.close", "code": refused.close_code})
        return
    headers = []
    if refused.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="ocpp", charset="UTF-8"'))
    if refused.retry_after_s:
        headers.append((b"retry-after", str(refused.retry_after_s).encode()))
    await deny(send, refused.status, b"refused\n", headers)
