"""GetConfiguration and ChangeConfiguration: every standard key, limits, secrets."""

import asyncio

import pytest

from chargepoints.models import Command, Message
from tests.fakes.charger import HandshakeRefusedError
from tests.ocpp_v16.configuration_keys import KEYS
from tests.operated import OperatedCharger, Payload
from tests.running_gateway import RunningGateway

SECRET = "0123456789abcdef0123456789abcdef01234567"


async def shown(cp: OperatedCharger) -> dict[str, Payload]:
    """What the API shows of the configuration, by key."""
    body = (await cp.http("GET", "configuration?limit=100")).json()
    return {each["key"]: each for each in body["results"]}


async def read(cp: OperatedCharger, answer: Payload) -> Payload:
    _, command = await cp.command("get_configuration", {}, "GetConfiguration", answer)
    return command


@pytest.mark.parametrize("profile", KEYS)
async def test_every_standard_key_is_read_shown_and_written(
    gateway: RunningGateway, identity: str, profile: str
) -> None:
    keys = KEYS[profile]
    async with await OperatedCharger.connect(gateway, identity) as cp:
        entries = [
            {"key": key, "value": value, "readonly": not writable}
            for key, (value, writable) in keys.items()
        ]
        await read(cp, {"configurationKey": entries})
        known = await shown(cp)
        for key, (value, writable) in keys.items():
            assert known[key]["reported"] == value
            assert known[key]["mutability"] == ("ReadWrite" if writable else "ReadOnly")
            args = {"key": key, "value": value}
            status = "Accepted" if writable else "Rejected"
            request, command = await cp.command(
                "set_configuration", args, "ChangeConfiguration", {"status": status}
            )
            assert request == args
            assert command["state"] == status.lower()
        desired = {key for key, each in (await shown(cp)).items() if each["desired"] is not None}
        assert desired == {key for key, (_, writable) in keys.items() if writable}


async def test_a_key_that_takes_effect_after_a_reboot_is_accepted(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"key": "MeterValueSampleInterval", "value": "30"}
        _, command = await cp.command(
            "set_configuration", args, "ChangeConfiguration", {"status": "RebootRequired"}
        )
        assert command["state"] == "accepted"
        (event,) = cp.events("charge_point.configuration_changed")
        assert event.data == {
            "key": "MeterValueSampleInterval",
            "value": "30",
            "reboot_required": True,
        }


async def test_keys_that_the_charger_does_not_know_are_kept_as_such(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await read(cp, {"unknownKey": ["NoSuchKey"]})
        assert (await shown(cp))["NoSuchKey"]["mutability"] == "Unknown"


async def test_a_key_shown_in_clear_is_kept_nowhere(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        entry = {"key": "AuthorizationKey", "value": SECRET, "readonly": False}
        command = await read(cp, {"configurationKey": [entry]})
        assert SECRET not in str(command)
        assert SECRET not in str(await shown(cp))
        assert not Message.objects.filter(charge_point=cp.row, reply__contains=SECRET).exists()


async def test_a_new_key_is_never_typed_by_hand(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"key": "AuthorizationKey", "value": SECRET}
        command = await cp.finished("set_configuration", args)
        assert (command["state"], command["error"]["class"]) == ("rejected", "gateway")
        assert SECRET not in str(Command.objects.get(pk=command["id"]).args)


async def test_a_key_that_is_sent_raw_opens_the_door(
    gateway: RunningGateway, identity: str
) -> None:
    """073 as testers do it: with a key of their own."""
    key = "00112233445566778899aabbccddeeff"
    payload = {"key": "AuthorizationKey", "value": key}
    raw = {"action": "ChangeConfiguration", "payload": payload}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command(
            "raw", raw, "ChangeConfiguration", {"status": "Accepted"}
        )
        assert (request["value"], command["state"]) == (key, "accepted")
        assert command["finished_at"] is not None
        with pytest.raises(HandshakeRefusedError):
            await cp.reconnect()
        await cp.reconnect(key=key)


async def test_a_rotated_key_is_in_no_row(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, _ = await cp.command(
            "rotate_password", {}, "ChangeConfiguration", {"status": "Accepted"}
        )
        secret = request["value"]
        sent = Message.objects.get(charge_point=cp.row, action="ChangeConfiguration")
        assert secret not in sent.request
        assert secret not in str(Command.objects.get(charge_point=cp.row).request)


async def test_a_refused_rotation_leaves_the_old_key_alone(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.command("rotate_password", {}, "ChangeConfiguration", {"status": "Rejected"})
        assert cp.row.credentials.count() == 1
        await cp.reconnect()


async def test_an_accepted_key_shuts_the_door_to_the_old_one_at_once(
    gateway: RunningGateway, identity: str
) -> None:
    """Security whitepaper, A01.FR.03."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command(
            "rotate_password", {}, "ChangeConfiguration", {"status": "Accepted"}
        )
        with pytest.raises(HandshakeRefusedError) as refused:
            await cp.reconnect()
        assert refused.value.status == 401
        await cp.reconnect(key=request["value"])
        assert Command.objects.get(pk=command["id"]).state == "effect_confirmed"


async def test_a_rotation_whose_answer_is_lost_locks_nobody_out(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.post("rotate_password", {})
        _, request = await cp.charger.expect_call("ChangeConfiguration")
        cp.charger.abort()
        # The old one still opens the door, and so does the new one, which then is the only one.
        await cp.reconnect()
        await cp.reconnect(key=request["value"])
        assert cp.row.credentials.count() == 1


async def test_more_keys_than_one_request_may_have_are_asked_in_several(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        limit = {"key": "GetConfigurationMaxKeys", "value": "2", "readonly": True}
        await read(cp, {"configurationKey": [limit]})
        keys = ["BlinkRepeat", "LightIntensity", "ResetRetries"]
        posted = asyncio.create_task(cp.post("get_configuration", {"keys": keys}, wait="effect"))
        for part in (keys[:2], keys[2:]):
            entries = [{"key": key, "value": "1", "readonly": False} for key in part]
            request = await cp.obey("GetConfiguration", {"configurationKey": entries})
            assert request == {"key": part}
        command = (await posted).json()
        assert command["state"] == "accepted"
        found = [entry["key"] for entry in command["result"]["configurationKey"]]
        assert found == keys
