"""A charger's socket is closed from outside: by core, over the API."""

import asyncio

from chargepoints.models import ApiKey, Connection
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway


async def test_a_charger_is_disconnected_and_comes_back(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        answer = await operated.http("POST", "disconnect")
        assert answer.status_code == 200
        assert answer.json()["connection"]["online"] is False
        assert await operated.charger.wait_closed() == 1000
        closed = Connection.objects.get(charge_point=operated.row)
        assert closed.close_reason.startswith("disconnected by api:admin-")
        assert operated.known().connection is None
        await operated.reconnect()
        assert await operated.call("Heartbeat", {})
        assert operated.known().connection is not None
        assert operated.events("charge_point.offline") == []


async def test_a_charger_that_stays_away_is_told_to_core_as_offline(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        assert (await operated.http("POST", "disconnect")).status_code == 200
        await eventually(lambda: operated.events("charge_point.offline"))


async def test_a_command_that_waits_for_its_answer_ends_with_the_socket(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        posted = asyncio.create_task(operated.post("clear_cache", {}, wait="ack"))
        await operated.charger.expect_call("ClearCache")
        assert (await operated.http("POST", "disconnect")).status_code == 200
        command = (await posted).json()
        assert (command["state"], command["error"]["code"]) == ("timeout", "connection_lost")


async def test_a_charger_that_is_offline_cannot_be_disconnected(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.charger.close()
        await eventually(lambda: operated.known().connection_id is None)
        answer = await operated.http("POST", "disconnect")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
        unknown = await operated.api("POST", "charge-points/nobody-at-all/disconnect")
        assert unknown.status_code == 404


async def test_disconnecting_takes_the_scope_operate(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        for scope, status in ((ApiKey.Scope.READ, 403), (ApiKey.Scope.OPERATE, 200)):
            operated._key = gateway.api_key(scope)
            assert (await operated.http("POST", "disconnect")).status_code == status
