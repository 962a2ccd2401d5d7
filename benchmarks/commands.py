"""Commands: from the API through the socket and back, alone and a thousand at once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import measure, redis
from benchmarks.gateway import PASSWORD, UNLIMITED, Gateway
from benchmarks.load.charger import identity_of
from benchmarks.load.scenarios import Target
from benchmarks.load.window import percentile
from benchmarks.measure import Figures

ROUND_TRIPS = 200
BATCH = 1_000
BUSY_CHARGERS = 200
DONE_WITHIN_S = 120.0
COMMAND = {"type": "clear_cache", "args": {}}


class Api:
    """The gateway's API over one connection, as core holds it."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DONE_WITHIN_S)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def get(self, path: str) -> dict[str, Any]:
        return self._answer("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._answer("POST", path, json.dumps(body))

    def _answer(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        self._connection.request(method, f"/api/v1/{path}", body, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status not in (200, 202):
            raise measure.LoadError(f"{method} {path}: {response.status} {text[:300]!r}")
        answer: dict[str, Any] = json.loads(text)
        return answer


def run(sqlite: Gateway, postgres: Gateway | None, directory: Path) -> dict[str, Figures]:
    figures: dict[str, Figures] = {}
    for title, gateway in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        if gateway is not None:
            key = gateway.api_key(f"bench-{time.time_ns()}")
            figures |= _same_process(title, gateway, key)
            if gateway is postgres and redis.installed():
                with redis.running(directory) as url:
                    figures |= _other_process(title, gateway, key, {"REDIS_URL": url})
    return figures


def _same_process(title: str, gateway: Gateway, key: str) -> dict[str, Figures]:
    with gateway.on_daphne() as (port, pid):
        target = Target(port, PASSWORD, pid, gateway.database.pid)
        api = Api(port, key)
        with measure.held(target, BATCH):
            figures = {f"{title}, alone": _round_trips(api)}
            with _busy(target):
                figures[f"{title}, under load"] = _round_trips(api)
                figures[f"{title}, {BATCH:,} at once, under load"] = _batch(api)
    return figures


def _other_process(
    title: str, gateway: Gateway, key: str, settings: Mapping[str, str]
) -> dict[str, Figures]:
    """One server holds the sockets, another one is asked."""
    more = {**UNLIMITED, **settings}
    with gateway.on_daphne(more) as (port, pid), gateway.on_daphne(more) as (other, _):
        target = Target(port, PASSWORD, pid, gateway.database.pid)
        with measure.held(target, 1):
            return {f"{title}, by another process": _round_trips(Api(other, key))}


def _round_trips(api: Api) -> Figures:
    """Milliseconds until the charger's answer is in the response."""
    path = f"charge-points/{identity_of(0)}/commands"
    seconds = [
        _timed(lambda: api.post(path, COMMAND | {"wait": "ack"})) for _ in range(ROUND_TRIPS)
    ]
    return {"p50_ms": percentile(seconds, 50) * 1e3, "p99_ms": percentile(seconds, 99) * 1e3}


def _batch(api: Api) -> Figures:
    """Seconds until they are taken in, and until all of them are over."""
    begun = time.perf_counter()
    targets = [identity_of(number) for number in range(BATCH)]
    batch = api.post("command-batches", COMMAND | {"charge_points": targets})
    taken = time.perf_counter()
    while api.get(f"command-batches/{batch['id']}")["unfinished"]:
        if time.perf_counter() - taken > DONE_WITHIN_S:
            raise measure.LoadError("the batch did not end")
        time.sleep(0.1)
    return {"taken_s": taken - begun, "done_s": time.perf_counter() - begun}


@contextmanager
def _busy(target: Target) -> Iterator[None]:
    """Beside other chargers at two messages a second each."""
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            measure.run(
                "steady",
                target,
                first=measure.OF_OTHER_VERSIONS,
                chargers=BUSY_CHARGERS,
                seconds=3,
                per_second=2,
            )

    thread = threading.Thread(target=send)
    thread.start()
    try:
        time.sleep(2)
        yield
    finally:
        over.set()
        thread.join()


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
