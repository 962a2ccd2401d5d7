"""/healthz, /readyz and /metrics, as a separate ASGI application.

They must answer even if all threads of views are busy, the database is away, or the Host header is
wrong: so they use no middleware, and no thread of others.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import import_string
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import Collector

from chargepoints.api.authentication import usable_key
from chargepoints.database import storage
from chargepoints.gateway import process
from chargepoints.models import ServerProcess

logger = logging.getLogger(__name__)

Headers = dict[bytes, bytes]

PATIENCE_S = 2.0
# One thread each: a database that hangs blocks only these, however often the probe is repeated.
_ready_thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")
_metrics_thread = ThreadPoolExecutor(1, thread_name_prefix="metrics")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["method"] in ("GET", "HEAD"):
        answer = await PROBES[scope["path"]](dict(scope["headers"]))
    else:
        answer = Answer(405, b"", headers=[(b"allow", b"GET, HEAD")])
    body = answer.body if scope["method"] == "GET" else b""
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def healthz(headers: Headers) -> Answer:
    """The process is alive and its event loop is running."""
    return Answer(200, b'{"alive":true}')


async def readyz(headers: Headers) -> Answer:
    """The gateway accepts chargers. The channel layer is reported, but does not count (P10)."""
    gateway = _gateway()
    loop = asyncio.get_running_loop()
    database, channel_layer = await asyncio.gather(
        _within_patience(loop.run_in_executor(_ready_thread, _read_database)),
        _within_patience(_use_channel_layer(gateway)),
    )
    chargers = "open" if gateway is not None and gateway.writer.healthy else "closed"
    ready = database == "ok" and chargers == "open"
    body = {
        "ready": ready,
        "database": database,
        "chargers": chargers,
        "storage": storage.room().name.lower(),
        "channel_layer": channel_layer,
    }
    return Answer(200 if ready else 503, orjson.dumps(body))


async def metrics(headers: Headers) -> Answer:
    """Counters of the process, or of all workers under PROMETHEUS_MULTIPROC_DIR, and gauges."""
    loop = asyncio.get_running_loop()
    authorization = headers.get(b"authorization", b"")
    return await loop.run_in_executor(_metrics_thread, _metrics, authorization)


PROBES: dict[str, Callable[[Headers], Awaitable[Answer]]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


async def _within_patience(check: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(check, PATIENCE_S)
    except TimeoutError:
        return "slow"
    except Exception:
        # The channel layer may raise anything; the probe reports it and is repeated soon.
        logger.warning("a readiness check failed", exc_info=True)
        return "unreachable"
    return "ok"


def _read_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


async def _use_channel_layer(gateway: process.Gateway | None) -> None:
    layer = get_channel_layer()
    if layer is not None and gateway is not None:
        nudge_for_nobody = {"type": "nudge", "charge_point_ids": []}
        await layer.send(ServerProcess(id=gateway.server_id).channel, nudge_for_nobody)


def _gateway() -> process.Gateway | None:
    try:
        return process.current()
    except RuntimeError:
        return None


class _Gauges(Collector):
    def collect(self) -> Iterator[Metric]:
        for path in settings.METRICS_GAUGES:
            yield from import_string(path)()


def _metrics(authorization: bytes) -> Answer:
    try:
        if not settings.METRICS_OPEN and usable_key(authorization) is None:
            return Answer(401, b"", headers=[(b"www-authenticate", b'Bearer realm="metrics"')])
        gauges = CollectorRegistry()
        gauges.register(_Gauges())
        text = generate_latest(_counters()) + generate_latest(gauges)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("no metrics: %s", error)
        return Answer(503, b"", headers=[(b"retry-after", b"5")])
    finally:
        connection.close()
    return Answer(200, text, content_type=CONTENT_TYPE_LATEST)


def _counters() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
