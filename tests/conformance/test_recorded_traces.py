"""The recorded trace of each quirk, replayed; `replay.py` says how to read one."""

from pathlib import Path

import pytest

from tests.conformance.replay import Replay, read
from tests.fakes.core import FakeCore
from tests.running_gateway import RunningGateway

TRACES = sorted((Path(__file__).parent / "traces").glob("*.jsonl"))


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
async def test_a_recorded_trace_is_taken_as_it_should_be(
    gateway: RunningGateway, core: FakeCore, identity: str, path: Path
) -> None:
    about, steps = read(path)
    await Replay(gateway, identity, about, core).run(steps)
