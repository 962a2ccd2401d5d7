"""Meter readings that outlive a run: the register of a real meter never falls back."""

import asyncio
import json
from pathlib import Path

from tests.fakes.simulator import SimulatedCharger

SAVE_EVERY_S = 5


class MeterMemory:
    """The readings of some chargers in one file, which need not exist yet."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def recall(self, chargers: list[SimulatedCharger]) -> None:
        kept = json.loads(self.path.read_text()) if self.path.exists() else {}
        for charger in chargers:
            readings = kept.get(charger.identity, [])
            for outlet, reading in zip(charger.outlets, readings, strict=False):
                outlet.register_wh = reading

    def save(self, chargers: list[SimulatedCharger]) -> None:
        readings = {
            charger.identity: [outlet.register_wh for outlet in charger.outlets]
            for charger in chargers
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(readings))
        new.replace(self.path)

    async def keep(self, chargers: list[SimulatedCharger]) -> None:
        """Save now and then, for ever."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            self.save(chargers)
