"""What is compared: each system by its letter, and how to have it running."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import postgresql
from benchmarks.gateway import PASSWORD, REPOSITORY, UNLIMITED, Gateway, Settings
from benchmarks.load.scenarios import Target
from benchmarks.postgresql import Database
from benchmarks.spawn import free_port, spawned


@dataclass(frozen=True)
class System:
    key: str
    title: str
    running: Callable[[Settings], AbstractContextManager[Target]]
    stored: Callable[[], int] | None = None
    # Whether it answers every mix, or the plain one alone.
    every_mix: bool = False


def echoes(directory: Path) -> list[System]:
    return [
        System("a", "daphne, echo", lambda more: _module("daphne_echo", directory)),
        System(
            "a2",
            "daphne as the gateway runs it, echo",
            lambda more: _module("daphne_echo", directory, "subclassed"),
        ),
    ]


def routers(directory: Path) -> list[System]:
    return [
        System(
            "b",
            "ocpp + websockets, no storage",
            lambda more: _module("ocpp_router", directory),
            every_mix=True,
        ),
        System(
            "b2",
            "ocpp + websockets, ASYNC_VALIDATION=False",
            lambda more: _module("ocpp_router", directory, "inline"),
        ),
    ]


def gateways(sqlite: Gateway, postgres: Gateway | None) -> list[System]:
    systems = [_gateway_system("c", "gateway, SQLite", sqlite, sqlite.on_daphne, every_mix=True)]
    if postgres:
        title, server = "gateway, PostgreSQL", postgres.on_daphne
        systems.append(_gateway_system("cp", title, postgres, server, every_mix=True))
    systems.append(_gateway_system("cu", "gateway on uvicorn, SQLite", sqlite, sqlite.on_uvicorn))
    return systems


Server = Callable[[Settings], AbstractContextManager[tuple[int, int]]]


def _gateway_system(
    key: str, title: str, gateway: Gateway, server: Server, *, every_mix: bool = False
) -> System:
    return System(
        key,
        title,
        lambda more: running(gateway, server({**UNLIMITED, **more})),
        gateway.stored_messages,
        every_mix,
    )


@contextmanager
def databases(directory: Path, wanted: set[str]) -> Iterator[tuple[Gateway, Gateway | None]]:
    """The gateway's databases, migrated and with their chargers, as far as they are wanted."""
    with ExitStack() as stack:
        sqlite = Gateway.on_sqlite(directory)
        postgres = None
        if wanted & {"c", "cu", "neighbours", "commands", "rest"}:
            sqlite.prepare()
        if wanted & {"cp", "commands"}:
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
def running(gateway: Gateway, server: AbstractContextManager[tuple[int, int]]) -> Iterator[Target]:
    with server as (port, pid):
        yield Target(port, PASSWORD, pid, gateway.database.pid)
