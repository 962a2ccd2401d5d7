"""What a message takes of handlers and writer, without sockets and threads.

    python -m benchmarks.handlers [--mix meters,starts] [--rounds 30] [--directory /var/tmp]
    valgrind --tool=callgrind --instr-atstart=no \\
        python -m benchmarks.handlers in meters 5 --callgrind

100 chargers answer by turns, each turn a batch with a commit: microseconds of CPU a message, the
least and the lower quarter. `in MIX ROUNDS` measures in this process, on the prepared database of
DATABASE_URL. Callgrind counts instructions, which are the same however busy the machine is: those
of the rounds are the totals of its output, divided by 100 and the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import time
from asyncio import Future
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import postgresql
from benchmarks.gateway import PASSWORD, REPOSITORY, UNLIMITED, Gateway, temporary_directory
from benchmarks.load.charger import identity_of
from benchmarks.load.mix import Mix
from benchmarks.load.mixes import MIXES

CHARGERS = 100
WARM_UP_ROUNDS = 6
# What the event loop may take until all that can go on waits for the writer.
TURNS_OF_THE_LOOP = 3
DEFAULT_MIXES = "plain,depot,meters,starts,depot201,events201,starts201"


# The charge point's key, the unit of work, and the future of its result.
Job = tuple[object, Callable[[Any], Any], Future[Any]]


class ImmediateWriter:
    """In place of the writer's threads: units of work wait until they are run, all at once."""

    def __init__(self) -> None:
        self.units: list[Job] = []
        self.looks: list[Job] = []

    def run(self, key: int, work: Callable[[Any], Any]) -> Future[Any]:
        return self._take(self.units, key, work)

    def look_up(self, work: Callable[[Any], Any]) -> Future[Any]:
        return self._take(self.looks, object(), work)

    def _take(self, waiting: list[Job], key: object, work: Callable[[Any], Any]) -> Future[Any]:
        future: Future[Any] = asyncio.get_running_loop().create_future()
        waiting.append((key, work, future))
        return future

    def look(self) -> None:
        from chargepoints.database.unit_of_work import UnitOfWork

        looks, self.looks = self.looks, []
        _hand_over(looks, _run_all(looks, UnitOfWork()))

    def commit(self) -> None:
        from chargepoints.database.lock_priority import transaction_of_chargers
        from chargepoints.database.unit_of_work import UnitOfWork

        units, self.units = self.units, []
        unit = UnitOfWork()
        with transaction_of_chargers():
            results = _run_all(units, unit)
            unit.flush()
        unit.committed()
        _hand_over(units, results)


def _run_all(jobs: Sequence[Job], unit: Any) -> Sequence[Any]:
    from chargepoints.database.unit_of_work import run_units

    results: list[Any] = [None] * len(jobs)

    def run_one(number: int) -> None:
        results[number] = jobs[number][1](unit)

    units = [(key, partial(run_one, number)) for number, (key, _, _) in enumerate(jobs)]
    run_units(units, progress=lambda: None)
    return results


def _hand_over(jobs: Sequence[Job], results: Sequence[Any]) -> None:
    for (_, _, future), result in zip(jobs, results, strict=True):
        future.set_result(result)


class Chargers:
    def __init__(self, mix: str) -> None:
        self.members: list[Mix] = [MIXES[mix](number) for number in range(CHARGERS)]
        self._writer = ImmediateWriter()
        self._replies: dict[int, bytes] = {}
        self._sessions: list[Any] = []

    async def begin(self) -> None:
        """Connect, boot, and send what comes before the measurement."""
        self._sessions = [self._session(number) for number in range(CHARGERS)]
        await self._answer([member.boot for member in self.members])
        openings = [member.opening() for member in self.members]
        if openings[0] is not None:
            await self._answer([frame for frame in openings if frame is not None])
            for number, member in enumerate(self.members):
                member.opened(self._replies[number])

    async def rounds(self, count: int) -> None:
        for _ in range(count):
            await self._answer([member.next()[1] for member in self.members])
            for number, member in enumerate(self.members):
                member.answered(self._replies[number])

    async def _answer(self, frames: Sequence[bytes]) -> None:
        self._replies.clear()
        taken = [
            asyncio.ensure_future(session.take(_text(frame)))
            for session, frame in zip(self._sessions, frames, strict=True)
        ]
        while len(self._replies) < len(frames):
            for _ in range(TURNS_OF_THE_LOOP):
                await asyncio.sleep(0)
            if self._writer.looks:
                self._writer.look()
            elif self._writer.units:
                self._writer.commit()
        await asyncio.gather(*taken)

    def _session(self, number: int) -> Any:
        from chargepoints.gateway import admission
        from chargepoints.gateway.charger_socket import ChargerSocket
        from chargepoints.gateway.handshake import Request
        from chargepoints.gateway.session import Session
        from chargepoints.models import ServerProcess

        identity, subprotocol = identity_of(number), self.members[number].subprotocol
        key = f"{identity}:{PASSWORD}".encode()
        request = Request(identity, f"/ocpp/{identity}", (subprotocol,), key, "127.0.0.1", ())
        server = ServerProcess(host="benchmark", pid=os.getpid())
        this_process = admission.ThisProcess(server.pk, lambda charge_point_id: False)
        admitted = self._writer.run(0, lambda unit: admission.admit(unit, request, this_process))
        self._writer.commit()

        async def send(message: dict[str, Any]) -> None:
            self._replies[number] = message["text"].encode()

        writer: Any = self._writer
        return Session(ChargerSocket(admitted.result(), writer, send), asyncio.Lock())


def _text(frame: bytes) -> str:
    """A frame without its WebSocket header."""
    return frame[frame.index(b"[2") :].decode()


async def measure(mix: str, rounds: int, *, callgrind: bool) -> None:
    from chargepoints.database import statements

    statements.remember_connection()
    chargers = Chargers(mix)
    await chargers.begin()
    await chargers.rounds(WARM_UP_ROUNDS)
    gc.collect()
    gc.freeze()
    if callgrind:
        _instrument("on")
        await chargers.rounds(rounds)
        _instrument("off")
        return
    costs = []
    for _ in range(rounds):
        begun = time.process_time()
        await chargers.rounds(2)
        costs.append((time.process_time() - begun) / (2 * CHARGERS) * 1e6)
    costs.sort()
    print(f"{MIXES[mix].title:60} {costs[0]:6.0f} us {costs[len(costs) // 4]:6.0f} us", flush=True)


def _instrument(how: str) -> None:
    subprocess.run(["callgrind_control", "-i", how, str(os.getpid())], check=True)


def _run(title: str, gateway: Gateway, mixes: str, rounds: int) -> None:
    print(title, flush=True)
    gateway.prepare()
    for mix in mixes.split(","):
        subprocess.run(
            [sys.executable, "-m", "benchmarks.handlers", "in", mix, str(rounds)],
            env=gateway.environment(UNLIMITED),
            cwd=REPOSITORY,
            check=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.handlers", description=__doc__)
    parser.add_argument("--mix", default=DEFAULT_MIXES)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    with temporary_directory(options.directory, keep=False) as directory:
        _run("SQLite", Gateway.on_sqlite(directory), options.mix, options.rounds)
        if postgresql.binaries():
            with postgresql.cluster(directory) as database:
                gateway = Gateway(database, directory)
                _run("PostgreSQL (without its own CPU)", gateway, options.mix, options.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["in"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
        # One thread does it all.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        import django

        django.setup()
        asyncio.run(measure(sys.argv[2], int(sys.argv[3]), callgrind="--callgrind" in sys.argv))
    else:
        main()
