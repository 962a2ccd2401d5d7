"""A roll-out to chargers on real sockets, through a crash of the server."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from chargepoints.models import ChargePoint, Message, RollOut, RollOutTarget
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway

ACTION = "ClearCache"
TargetState = RollOutTarget.State


async def begin(charger: OperatedCharger, site: str, **more: object) -> RollOut:
    body = {"filter": {"site": site}, "type": "clear_cache", **more}
    answer = await charger.api("POST", "roll-outs", json=body)
    assert answer.status_code == 202, answer.text
    return RollOut.objects.get(pk=answer.json()["id"])


async def counted(roll_out: RollOut, state: str, count: int) -> None:
    rows = RollOutTarget.objects.filter(roll_out=roll_out, state=state)
    await eventually(lambda: rows.count() == count)


def sent_to(charger: OperatedCharger) -> int:
    return Message.objects.filter(charge_point=charger.row, action=ACTION).count()


@pytest.mark.slow
async def test_nobody_gets_it_twice_though_the_server_dies_in_the_middle(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    async with AsyncExitStack() as stack:
        fleet = [
            await stack.enter_async_context(
                await OperatedCharger.connect(gateway, f"BUS-{number}", site="North")
            )
            for number in range(1, 6)
        ]
        canary, asked, charging, *others = fleet
        running = await charging.start("04A1")
        for charger in others:
            await charger.charger.close()
            gone = ChargePoint.objects.filter(pk=charger.row.pk, connection=None)
            await eventually(gone.exists)
        roll_out = await begin(canary, "North", waves=["1"], halt_after=2)
        await canary.obey(ACTION, {"status": "Accepted"})
        await counted(roll_out, TargetState.UNDER_WAY, 1)
        # It has the request when the server dies, which then does not know whether it acted.
        await asked.charger.expect_call(ACTION)
        gateway.kill()
        gateway.start()
        for charger in fleet:
            await charger.reconnect()
        for charger in others:
            await charger.obey(ACTION, {"status": "Accepted"})
        await counted(roll_out, TargetState.WELL, 3)
        assert RollOutTarget.objects.get(charge_point=charging.row).state == TargetState.WAITING
        assert sent_to(charging) == 0
        await charging.stop(running["transactionId"])
        await charging.obey(ACTION, {"status": "Accepted"})
        await counted(roll_out, TargetState.WELL, 4)
        target = RollOutTarget.objects.get(charge_point=asked.row)
        assert target.state in (TargetState.UNDER_WAY, TargetState.FAILED)
        assert [sent_to(charger) for charger in (canary, charging)] == [1, 1]


async def test_it_halts_at_the_third_failure_and_the_others_are_spared(
    gateway: RunningGateway, identity: str
) -> None:
    async with AsyncExitStack() as stack:
        fleet = [
            await stack.enter_async_context(
                await OperatedCharger.connect(gateway, f"{identity}-{number}", site=identity)
            )
            for number in range(1, 8)
        ]
        roll_out = await begin(fleet[0], identity, waves=["1"], halt_after=3, at_once=3)
        await fleet[0].obey(ACTION, {"status": "Accepted"})
        for charger in fleet[1:4]:
            await charger.obey(ACTION, {"status": "Rejected"})
        await eventually(lambda: RollOut.objects.get(pk=roll_out.pk).state == RollOut.State.HALTED)
        await asyncio.sleep(1.5)
        assert sum(sent_to(charger) for charger in fleet[4:]) <= 2
        assert RollOutTarget.objects.filter(roll_out=roll_out, state="failed").count() == 3
