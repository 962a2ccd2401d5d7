"""Connects and boots many chargers at once, a bounded number of them in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import TypeVar

from benchmarks.load.charger import Charger, Tally
from benchmarks.load.mixes import MIXES

IN_FLIGHT = 64
ANSWER_WITHIN = 20.0

AnyCharger = TypeVar("AnyCharger", bound=Charger)


class Fleet:
    """Where to connect, and what the chargers saw."""

    def __init__(self, port: int, password: str, mix: str = "plain") -> None:
        self.port = port
        self.password = password
        self.mix = MIXES[mix]
        self.tally = Tally()

    async def join(self, kind: type[AnyCharger], numbers: range) -> tuple[list[AnyCharger], float]:
        """The chargers, booted, and the seconds it took. Raises what went wrong with the first."""
        chargers: list[AnyCharger] = []
        remaining = iter(numbers)
        started = perf_counter()
        await asyncio.gather(
            *(self._join_in_turn(kind, remaining, chargers) for _ in range(IN_FLIGHT))
        )
        return chargers, perf_counter() - started

    async def open(self, chargers: list[AnyCharger]) -> None:
        """Each sends what its mix begins with."""
        async with asyncio.timeout(ANSWER_WITHIN):
            await asyncio.gather(*(charger.open() for charger in chargers))

    async def _join_in_turn(
        self, kind: type[AnyCharger], remaining: Iterator[int], chargers: list[AnyCharger]
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in remaining:
            _, charger = await loop.create_connection(
                partial(kind, number, self.password, self.port, self.tally, self.mix(number)),
                "127.0.0.1",
                self.port,
            )
            async with asyncio.timeout(ANSWER_WITHIN):
                await charger.opened
                charger.boot()
                await charger.booted
            chargers.append(charger)


def leave(chargers: list[AnyCharger]) -> None:
    for charger in chargers:
        charger.leave()
