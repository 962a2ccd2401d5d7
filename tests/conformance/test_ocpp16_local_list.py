"""OCPP 1.6 test cases of a central system: local authorization list."""

from typing import Any

from chargepoints.models import LocalList
from tests.operated import OperatedCharger, Payload
from tests.running_gateway import RunningGateway

ENTRIES = [
    {"id_token": {"value": "LIST-1"}, "status": "accepted", "expires_at": "2031-01-01T00:00:00Z"},
    {"id_token": {"value": "LIST-2"}, "status": "blocked", "group_id_token": "GROUP"},
]
AUTHORIZATION_DATA = [
    {
        "idTag": "LIST-1",
        "idTagInfo": {"status": "Accepted", "expiryDate": "2031-01-01T00:00:00Z"},
    },
    {"idTag": "LIST-2", "idTagInfo": {"status": "Blocked", "parentIdTag": "GROUP"}},
]


async def send_list(
    cp: OperatedCharger, args: Payload, status: str = "Accepted"
) -> tuple[Payload, Payload]:
    return await cp.command("send_local_list", args, "SendLocalList", {"status": status})


def held(cp: OperatedCharger) -> dict[str, Any]:
    """The entries we hold the charge point to have."""
    known = LocalList.objects.get(charge_point=cp.row)
    return {entry.value: entry.status for entry in known.entries.all()}


async def version(cp: OperatedCharger, reported: int) -> int | None:
    request, command = await cp.command(
        "get_local_list_version", {}, "GetLocalListVersion", {"listVersion": reported}
    )
    assert request == {}
    assert command["state"] == "accepted"
    return LocalList.objects.get(charge_point=cp.row).reported_version


async def test_042_1_get_local_list_version_not_supported(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await version(cp, -1) == -1


async def test_042_2_get_local_list_version_empty(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        assert await version(cp, 0) == 0


async def test_043_1_send_local_list_not_supported(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await send_list(cp, {"entries": ENTRIES}, "NotSupported")
        assert request["updateType"] == "Full"
        assert (command["state"], command["error"]["code"]) == ("rejected", "NotSupported")
        assert held(cp) == {}


async def test_043_3_send_local_list_failed(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await send_list(cp, {"entries": ENTRIES}, "Failed")
        assert (command["state"], command["error"]["code"]) == ("rejected", "Failed")
        assert held(cp) == {}


async def test_043_4_send_local_list_full(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await send_list(cp, {"update": "full", "entries": ENTRIES})
        assert request == {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": AUTHORIZATION_DATA,
        }
        assert command["state"] == "accepted"
        assert held(cp) == {"LIST-1": "accepted", "LIST-2": "blocked"}


async def test_043_5_send_local_list_differential(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await version(cp, 6)
        await send_list(cp, {"update": "full", "entries": ENTRIES})
        new = {"id_token": {"value": "LIST-3"}}
        request, command = await send_list(cp, {"update": "differential", "entries": [new]})
        assert request == {
            "listVersion": 8,
            "updateType": "Differential",
            "localAuthorizationList": [{"idTag": "LIST-3", "idTagInfo": {"status": "Accepted"}}],
        }
        assert command["state"] == "accepted"
        assert set(held(cp)) == {"LIST-1", "LIST-2", "LIST-3"}
