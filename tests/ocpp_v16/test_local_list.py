"""The local authorization list beyond its test cases: parts, removals, repair."""

import asyncio

from chargepoints.models import Command, IdToken, LocalList
from tests.operated import OperatedCharger, Payload, eventually
from tests.running_gateway import RunningGateway


def entry(value: str) -> dict[str, object]:
    return {"id_token": {"value": value}}


def held(cp: OperatedCharger) -> set[str]:
    known = LocalList.objects.get(charge_point=cp.row)
    return set(known.entries.values_list("value", flat=True))


async def limit_list(cp: OperatedCharger, length: int) -> None:
    key = {"key": "SendLocalListMaxLength", "readonly": True, "value": str(length)}
    await cp.command("get_configuration", {}, "GetConfiguration", {"configurationKey": [key]})


async def test_a_long_list_goes_in_parts_the_charger_can_take(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await limit_list(cp, 2)
        tags = [f"TAG-{number}" for number in range(5)]
        args = {"entries": [entry(tag) for tag in tags]}
        posted = asyncio.create_task(cp.post("send_local_list", args, wait="effect"))
        parts = [await cp.obey("SendLocalList", {"status": "Accepted"}) for _ in range(3)]
        assert [part["updateType"] for part in parts] == ["Full", "Differential", "Differential"]
        assert [part["listVersion"] for part in parts] == [1, 2, 3]
        sent = [data["idTag"] for part in parts for data in part["localAuthorizationList"]]
        assert sent == tags
        assert (await posted).json()["state"] == "accepted"
        assert held(cp) == set(tags)


async def test_a_part_that_fails_ends_the_command_with_what_was_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await limit_list(cp, 1)
        args = {"entries": [entry("ONE"), entry("TWO"), entry("THREE")]}
        posted = asyncio.create_task(cp.post("send_local_list", args, wait="effect"))
        await cp.obey("SendLocalList", {"status": "Accepted"})
        await cp.obey("SendLocalList", {"status": "Failed"})
        assert (await posted).json()["state"] == "rejected"
        assert held(cp) == {"ONE"}


async def test_a_removed_token_is_sent_without_its_information(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        accepted = {"status": "Accepted"}
        args: Payload = {"entries": [entry("KEEP"), entry("DROP")]}
        await cp.command("send_local_list", args, "SendLocalList", accepted)
        args = {"update": "differential", "remove": [{"value": "drop"}]}
        request, _ = await cp.command("send_local_list", args, "SendLocalList", accepted)
        assert request["localAuthorizationList"] == [{"idTag": "drop"}]
        assert held(cp) == {"KEEP"}


async def test_without_entries_the_gateways_own_tokens_are_sent(
    gateway: RunningGateway, identity: str
) -> None:
    token = IdToken.objects.create(value=f"OWN{identity}"[:20], status="accepted")
    try:
        async with await OperatedCharger.connect(gateway, identity) as cp:
            request, _ = await cp.command(
                "send_local_list", {}, "SendLocalList", {"status": "Accepted"}
            )
            sent = {data["idTag"] for data in request["localAuthorizationList"]}
            assert token.value in sent
            assert held(cp) == sent
    finally:
        token.delete()


async def test_a_version_mismatch_is_repaired_by_the_whole_list(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args: Payload = {"entries": [entry("ONE")]}
        await cp.command("send_local_list", args, "SendLocalList", {"status": "Accepted"})
        args = {"update": "differential", "entries": [entry("TWO")]}
        _, command = await cp.command(
            "send_local_list", args, "SendLocalList", {"status": "VersionMismatch"}
        )
        assert command["error"]["code"] == "VersionMismatch"
        repair = await cp.obey("SendLocalList", {"status": "Accepted"})
        assert repair["updateType"] == "Full"
        assert {data["idTag"] for data in repair["localAuthorizationList"]} == {"ONE", "TWO"}
        await eventually(lambda: held(cp) == {"ONE", "TWO"})


async def test_a_charger_that_is_left_alone_is_not_repaired(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, proactive=False) as cp:
        args = {"update": "differential", "entries": [entry("TWO")]}
        await cp.command("send_local_list", args, "SendLocalList", {"status": "VersionMismatch"})
        assert Command.objects.filter(charge_point=cp.row).count() == 1


async def test_a_token_too_long_for_1_6_refuses_the_command(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        command = await cp.finished("send_local_list", {"entries": [entry("X" * 21)]})
        assert (command["state"], command["error"]["class"]) == ("rejected", "gateway")


async def test_no_list_names_a_token_twice(gateway: RunningGateway, identity: str) -> None:
    """5.15. Tokens of the gateway's own that differ in their type alone are one idTag."""
    value = f"OWN{identity}"[:20]
    tokens = [
        IdToken.objects.create(value=value, type=type, status=status)
        for type, status in (("ISO14443", "accepted"), ("Central", "blocked"))
    ]
    try:
        async with await OperatedCharger.connect(gateway, identity) as cp:
            twice = {"entries": [entry("ONE"), entry("one")]}
            assert (await cp.finished("send_local_list", twice))["error"]["code"] == "invalid_args"
            request, _ = await cp.command(
                "send_local_list", {}, "SendLocalList", {"status": "Accepted"}
            )
            sent = [
                data["idTagInfo"]["status"]
                for data in request["localAuthorizationList"]
                if data["idTag"] == value
            ]
            assert sent == ["Accepted"]
    finally:
        for token in tokens:
            token.delete()


async def test_an_update_that_fails_is_repaired_once(
    gateway: RunningGateway, identity: str
) -> None:
    """5.15: by the whole list."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args: Payload = {"entries": [entry("ONE"), entry("TWO")]}
        await cp.command("send_local_list", args, "SendLocalList", {"status": "Accepted"})
        await limit_list(cp, 1)
        args = {"update": "differential", "remove": [{"value": "TWO"}]}
        await cp.command("send_local_list", args, "SendLocalList", {"status": "Failed"})
        repair = await cp.obey("SendLocalList", {"status": "Accepted"})
        assert repair["updateType"] == "Full"
        assert [data["idTag"] for data in repair["localAuthorizationList"]] == ["ONE"]
        # In parts it may fail again: that is not repaired.
        args = {"entries": [entry("ONE"), entry("TWO")]}
        posted = asyncio.create_task(cp.post("send_local_list", args, wait="ack"))
        for status in ("Accepted", "Failed"):
            await cp.obey("SendLocalList", {"status": status})
        assert (await posted).json()["state"] == "rejected"
        for status in ("Accepted", "Failed"):
            await cp.obey("SendLocalList", {"status": status})
        sent = Command.objects.filter(charge_point=cp.row, type="send_local_list")
        await eventually(lambda: not sent.filter(finished_at=None).exists())
        assert sent.count() == 5


async def test_a_version_that_no_list_can_have_is_not_kept(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for version, kept in ((7, 7), (2**40, None), (-1, -1)):
            answer = {"listVersion": version}
            _, command = await cp.command(
                "get_local_list_version", {}, "GetLocalListVersion", answer
            )
            assert (command["state"], command["result"]) == ("accepted", {"version": version})
            assert LocalList.objects.get(charge_point=cp.row).reported_version == kept
