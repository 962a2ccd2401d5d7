"""/healthz, /readyz and /metrics, asked as a server asks an ASGI application."""

import asyncio
import threading
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from chargepoints.api import probes
from chargepoints.gateway import process
from chargepoints.models import ApiKey
from connect_site.asgi import route
from core_link.models import Endpoint
from tests.chargepoints.api.client import begin, connect, register

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(
    path: str, key: str = "", method: str = "GET"
) -> tuple[int, bytes, dict[bytes, bytes]]:
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    scope = {"type": "http", "path": path, "method": method, "headers": headers}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await route(scope)(scope, receive, send)
    start, body = sent
    return start["status"], body["body"], dict(start["headers"])


@pytest.fixture
async def gateway() -> Any:
    """A gateway that runs in this process, as its lifespan starts it."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    task = asyncio.create_task(process.lifespan({}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    yield process.current()
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await task


async def test_a_process_that_answers_is_alive() -> None:
    assert (await ask("/healthz"))[0] == 200
    assert (await ask("/healthz", method="HEAD"))[:2] == (200, b"")
    assert (await ask("/healthz", method="POST"))[0] == 405


async def test_a_gateway_that_runs_is_ready(gateway: Any) -> None:
    status, body, _ = await ask("/readyz")
    assert status == 200
    assert orjson.loads(body) == {
        "ready": True,
        "database": "ok",
        "chargers": "open",
        "storage": "enough",
        "channel_layer": "ok",
    }


async def test_without_a_gateway_it_is_not_ready() -> None:
    status, body, _ = await ask("/readyz")
    assert (status, orjson.loads(body)["chargers"]) == (503, "closed")


async def test_without_a_database_it_is_not_ready_but_alive(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(probes, "_read_database", fail)
    status, body, _ = await ask("/readyz")
    assert (status, orjson.loads(body)["database"]) == (503, "unreachable")
    assert (await ask("/healthz"))[0] == 200


async def test_a_database_that_hangs_keeps_no_probe_waiting(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(probes, "PATIENCE_S", 0.1)
    monkeypatch.setattr(probes, "_read_database", lambda: hanging.wait(10))
    answers = [await asyncio.wait_for(ask("/readyz"), 2) for _ in range(3)]
    hanging.set()
    assert [(status, orjson.loads(body)["database"]) for status, body, _ in answers] == [
        (503, "slow")
    ] * 3


async def test_a_channel_layer_that_is_away_is_told_and_no_more(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        async def send(self, channel: str, message: Any) -> None:
            raise ConnectionError("no Redis")

    monkeypatch.setattr(probes, "get_channel_layer", Away)
    status, body, _ = await ask("/readyz")
    assert (status, orjson.loads(body)["channel_layer"]) == (200, "unreachable")


def make_state() -> str:
    charge_point = register()
    connect(charge_point)
    begin(charge_point, 1)
    Endpoint.objects.create(name="core", url="https://core.example/events")
    secret = ApiKey.issue("prometheus", ApiKey.Scope.READ)[1]
    connection.close()
    return secret


async def test_metrics_are_for_whoever_has_a_key() -> None:
    secret = await asyncio.to_thread(make_state)
    status, _, headers = await ask("/metrics")
    assert (status, headers[b"www-authenticate"]) == (401, b'Bearer realm="metrics"')
    assert (await ask("/metrics", key="wrong"))[0] == 401
    status, body, headers = await ask("/metrics", key=secret)
    assert status == 200
    assert headers[b"content-type"].startswith(b"text/plain")
    lines = body.decode().splitlines()
    for line in (
        'connect_connected_charge_points{protocol="ocpp1.6"} 1.0',
        'connect_connected_charge_points{protocol="ocpp2.0.1"} 0.0',
        'connect_charge_points{registration="accepted"} 1.0',
        'connect_unfinished_commands{state="queued"} 0.0',
        "connect_open_transactions 1.0",
        'connect_undelivered_events{endpoint="core"} 0.0',
        "connect_dead_letters 0.0",
        'connect_unhealthy_charge_points{rule="deaf"} 0.0',
    ):
        assert line in lines


async def test_metrics_are_for_everybody_where_the_setting_says_so(settings: Settings) -> None:
    settings.METRICS_OPEN = True
    status, body, _ = await ask("/metrics")
    assert status == 200
    assert b"connect_messages" in body
