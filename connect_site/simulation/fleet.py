"""Runs all chargers of a simulation, and shows a line of progress."""

import asyncio
import gc
from collections.abc import Callable, Sequence

from connect_site.simulation.charger import SimulatedCharger
from connect_site.simulation.journal import Journal
from connect_site.simulation.nights import Night

SHOW_EVERY_S = 1.0

Show = Callable[[str], None]


async def run(
    nights: Sequence[Night], keys: dict[str, str], port: int, interval_s: float, show: Show
) -> Journal:
    """Run until all nights are over; each charger sends a sample every `interval_s`."""
    journal = Journal()
    loop = asyncio.get_running_loop()
    chargers = [
        SimulatedCharger(night, keys[night.identity], port, journal, loop.time(), interval_s)
        for night in nights
    ]
    # Garbage collection of all these objects would take as long as many replies.
    gc.collect()
    gc.freeze()
    display = asyncio.create_task(_display(journal, len(nights), show))
    try:
        await asyncio.gather(*(charger.live() for charger in chargers))
    finally:
        display.cancel()
        journal.all_latencies += journal.latencies
    return journal


async def _display(journal: Journal, count: int, show: Show) -> None:
    begun = asyncio.get_running_loop().time()
    while True:
        await asyncio.sleep(SHOW_EVERY_S)
        latencies, journal.latencies = journal.latencies, []
        journal.all_latencies += latencies
        show(
            f"{asyncio.get_running_loop().time() - begun:5.0f} s"
            f"   connected {len(journal.connected):>6,} of {count:,}"
            f"   charging {len(journal.charging):>6,}"
            f"   messages/s {len(latencies) / SHOW_EVERY_S:>6,.0f}"
            f"   p99 {percentile(latencies, 99) * 1000:>7,.0f} ms"
        )


def percentile(values: list[float], percent: float) -> float:
    """Nearest rank; 0 if there are no values."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]
