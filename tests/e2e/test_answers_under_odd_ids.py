"""Answers whose id is ours in another case, or cut to what fits into a field of the charger."""

import asyncio
import json
from collections.abc import Callable

import pytest

from chargepoints.models import Message
from tests.operated import OperatedCharger
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
WRITTEN: list[Callable[[str], str]] = [str.upper, lambda message_id: message_id[:20]]


async def clear_cache(cp: OperatedCharger, written: Callable[[str], str]) -> str:
    """The state of the command after an answer under the id as the charger writes it."""
    posted = asyncio.create_task(cp.post("clear_cache", {}, wait="ack", timeout_s=2))
    message_id, _ = await cp.charger.expect_call("ClearCache")
    await cp.charger.send_text(json.dumps([3, written(message_id), {"status": "Accepted"}]))
    command = (await posted).json()
    return str(command["state"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("written", WRITTEN, ids=["capitals", "cut"])
async def test_an_answer_under_an_id_that_can_only_be_ours_is_taken(
    gateway: RunningGateway, identity: str, protocol: str, written: Callable[[str], str]
) -> None:
    connect = OperatedCharger.connect if protocol == "ocpp1.6" else OperatedStation.connect
    async with await connect(gateway, identity, protocol, proactive=False) as cp:
        assert await clear_cache(cp, written) == "accepted"
        traced = Message.objects.get(charge_point=cp.row, action="ClearCache")
        assert traced.deviations == ["message_id_in_other_form"]


@pytest.mark.parametrize(
    ("strict", "written"),
    [(False, lambda message_id: message_id[:8]), (True, str.upper)],
    ids=["too little of it", "strict"],
)
async def test_an_answer_under_another_id_answers_nothing(
    gateway: RunningGateway,
    identity: str,
    strict: bool,
    written: Callable[[str], str],
) -> None:
    async with await OperatedCharger.connect(
        gateway, identity, proactive=False, strict=strict
    ) as cp:
        assert await clear_cache(cp, written) in ("sent", "timeout")
        assert Message.objects.filter(deviations=["unexpected_answer"], charge_point=cp.row)
