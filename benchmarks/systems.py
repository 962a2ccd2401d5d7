"""What is compared: each system by its letter, and how to have it running."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import postgresql
from benchmarks.gateway import PASSWORD, REPOSITORY, Gateway
from benchmarks.load.scenarios import Target
from benchmarks.postgresql import Database
from benchmarks.spawn import free_port, spawned


@dataclass(frozen=True)
class System:
    key: str
    title: str
    running: Callable[[], AbstractContextManager[Target]]
    stored: Callable[[], int] | None = None


def echoes(directory: Path) -> list[System]:
    return [
        System("a", "daphne, echo", lambda: _module("daphne_echo", directory)),
        System(
            "a2",
            "daphne as the gateway runs it, echo",
            lambda: _module("daphne_echo", directory, "subclassed"),
        ),
    ]


def routers(directory: Path) -> list[System]:
    return [
        System("b", "ocpp + websockets, no storage", lambda: _module("ocpp_router", directory)),
        System(
            "b2",
            "ocpp + websockets, ASYNC_VALIDATION=False",
            lambda: _module("ocpp_router", directory, "inline"),
        ),
    ]


def gateways(sqlite: Gateway, postgres: Gateway | None) -> list[System]:
    systems = [_gateway_system("c", "gateway, SQLite", sqlite, sqlite.on_daphne)]
    if postgres:
        systems.append(_gateway_system("cp", "gateway, PostgreSQL", postgres, postgres.on_daphne))
    systems.append(_gateway_system("cu", "gateway on uvicorn, SQLite", sqlite, sqlite.on_uvicorn))
    return systems


def _gateway_system(
    key: str,
    title: str,
    gateway: Gateway,
    server: Callable[[], AbstractContextManager[tuple[int, int]]],
) -> System:
    return System(key, title, lambda: _gateway(gateway, server), gateway.stored_messages)


@contextmanager
def databases(directory: Path, wanted: set[str]) -> Iterator[tuple[Gateway, Gateway | None]]:
    """The gateway's databases, migrated and with their chargers, as far as they are wanted."""
    with ExitStack() as stack:
        sqlite = Gateway.on_sqlite(directory)
        postgres = None
        if wanted & {"c", "cu", "neighbours"}:
            sqlite.prepare()
        if "cp" in wanted:
            if url := os.environ.get("BENCH_DATABASE_URL"):
                postgres = Gateway(Database(url), directory)
            elif postgresql.binaries():
                database = stack.enter_context(postgresql.cluster(directory))
                postgres = Gateway(database, directory)
            if postgres:
                postgres.prepare()
        yield sqlite, postgres


@contextmanager
def _module(name: str, directory: Path, *arguments: str) -> Iterator[Target]:
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.servers.{name}", str(port), *arguments]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    with spawned(command, port, directory / f"{name}.log", environment=environment) as pid:
        yield Target(port, PASSWORD, pid)


@contextmanager
def _gateway(
    gateway: Gateway, server: Callable[[], AbstractContextManager[tuple[int, int]]]
) -> Iterator[Target]:
    with server() as (port, pid):
        yield Target(port, PASSWORD, pid, gateway.database.pid)
