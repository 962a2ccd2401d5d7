"""`python -m benchmarks.load '{"scenario": ..., "target": {...}, "options": {...}}'`

Runs one scenario and prints its figures as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from benchmarks.load import scenarios

SCENARIOS: dict[str, Callable[..., Coroutine[Any, Any, dict[str, float]]]] = {
    "closed_loop": scenarios.closed_loop,
    "connects": scenarios.connects,
    "hold": scenarios.hold,
    "steady": scenarios.steady,
}


def main() -> None:
    order = json.loads(sys.argv[1])
    scenario = SCENARIOS[order["scenario"]]
    target = scenarios.Target(**order["target"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(scenario(target, **order["options"]))
    print(json.dumps(figures))


main()
