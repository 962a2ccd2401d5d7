"""Each setting of a quirk profile does what it says, in both versions, and is counted."""

import asyncio
from importlib import import_module
from typing import Any

import pytest
from websockets.frames import CloseCode

from chargepoints.models import ChargePoint, Command, QuirkProfile, QuirkUse
from chargepoints.protocol.station import Station
from chargepoints.services.stations import quirk_settings, quirks
from tests.operated import OperatedCharger, Payload, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED: Payload = {"status": "Accepted"}
PERIODS = [{"start_s": 0, "limit": 16}]
PROFILE: Payload = {"purpose": "default", "kind": "relative", "unit": "A", "periods": PERIODS}


async def with_quirk(
    gateway: RunningGateway, identity: str, version: str, *profiles: str
) -> OperatedCharger:
    kind = OperatedCharger if version == "1.6" else OperatedStation
    return await kind.connect(gateway, identity, assigned_quirks=list(profiles))


def uses(cp: OperatedCharger) -> dict[str, int]:
    found = QuirkUse.objects.filter(charge_point=cp.row)
    return dict(found.values_list("setting", "count"))


def said(request: Payload) -> tuple[int, Payload, Payload]:
    """Connector or EVSE, profile and its schedule, in either version's words."""
    if "csChargingProfiles" in request:
        profile = request["csChargingProfiles"]
        return request["connectorId"], profile, profile["chargingSchedule"]
    profile = request["chargingProfile"]
    return request["evseId"], profile, profile["chargingSchedule"][0]


async def set_profile(cp: OperatedCharger, profile: Payload, **more: Any) -> Payload:
    args = {"profile": profile} | more
    request, command = await cp.command(
        "set_charging_profile", args, "SetChargingProfile", ACCEPTED
    )
    assert command["state"] == "accepted"
    return request


async def tell_connectors(cp: OperatedCharger, *numbers: int) -> None:
    for number in numbers:
        if isinstance(cp, OperatedStation):
            await cp.connector_is("Available", number)
        else:
            await cp.status(number, "Available")


both_versions = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


def test_every_setting_is_seeded_in_a_profile_that_can_be_applied(db: None) -> None:
    known = import_module("chargepoints.migrations.0002_known_quirks").KNOWN
    names = set(QuirkProfile.objects.filter(vendor="").values_list("name", flat=True))
    assert names >= set(known)
    seeded: set[str] = set()
    for settings, note in known.values():
        quirk_settings.check(settings)
        assert note
        seeded |= set(settings)
    assert seeded == set(quirk_settings.SETTINGS)


def test_a_profile_without_a_vendor_fits_only_those_it_was_given_to(db: None) -> None:
    profiles = list(QuirkProfile.objects.all())
    nobody = quirks.Product("", "", "")
    assert quirks.find(profiles, nobody) == []
    (found,) = quirks.find(profiles, nobody, ["Answers late"])
    assert found.settings == {"call_timeout_s": 90}


@both_versions
async def test_limits_are_said_in_the_unit_and_on_the_scale_that_are_understood(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    quirk = ("Charging profiles in W only", "Limits ten times too large")
    async with await with_quirk(gateway, identity, version, *quirk) as cp:
        _, _, schedule = said(await set_profile(cp, PROFILE))
        assert schedule["chargingRateUnit"] == "W"
        # 16 A on three phases are 11,040 W.
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 1104.0}]
        assert uses(cp) == {"charging_rate_unit": 1, "limit_factor": 1}


@both_versions
async def test_the_only_stack_level_is_used_and_kept(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    async with await with_quirk(gateway, identity, version, "Stack level 0 only") as cp:
        _, profile, _ = said(await set_profile(cp, PROFILE | {"stack_level": 3}))
        assert profile["stackLevel"] == 0
        assert cp.row.charging_profiles.get().stack_level == 0
        assert uses(cp) == {"stack_level": 1}


@both_versions
async def test_a_profile_for_all_connectors_goes_to_each_where_connector_0_is_ignored(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    async with await with_quirk(gateway, identity, version, "Ignores connector 0") as cp:
        await tell_connectors(cp, 1, 2)
        body = {"type": "set_charging_profile", "args": {"profile": PROFILE}, "wait": "ack"}
        posted = asyncio.create_task(cp.http("POST", "commands", json=body))
        asked = [said(await cp.obey("SetChargingProfile", ACCEPTED)) for _ in range(2)]
        assert [evse_id for evse_id, _, _ in asked] == [1, 2]
        command = (await posted).json()
        assert command["state"] == "accepted"
        assert [part["evse_id"] for part in command["result"]] == [1, 2]
        installed = cp.row.charging_profiles.order_by("evse_id").values_list(
            "evse_id", "profile_id"
        )
        ids = [profile.get("chargingProfileId", profile.get("id")) for _, profile, _ in asked]
        assert list(installed) == [(1, ids[0]), (2, ids[1])]
        assert uses(cp) == {"ignores_connector_0": 2}


@both_versions
async def test_the_rest_is_not_sent_where_one_connector_refuses(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    async with await with_quirk(gateway, identity, version, "Ignores connector 0") as cp:
        await tell_connectors(cp, 1, 2)
        _, command = await cp.command(
            "set_charging_profile",
            {"profile": PROFILE},
            "SetChargingProfile",
            {"status": "Rejected"},
        )
        assert command["state"] == "rejected"
        station_max = PROFILE | {"purpose": "station_max", "kind": "absolute"}
        refused = await cp.finished("set_charging_profile", {"profile": station_max})
        assert refused["error"]["code"] == "not_supported"


@both_versions
async def test_one_that_does_not_do_what_it_accepts_is_asked_and_found_out(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    quirk = "Accepts profiles, and does not apply them"
    async with await with_quirk(gateway, identity, version, quirk) as cp:
        await tell_connectors(cp, 1)
        start = "2026-01-01T00:00:00Z"
        lasting = PROFILE | {"kind": "absolute", "start": start}
        await set_profile(cp, lasting, evse_id=1)
        schedule: Payload = {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}],
        }
        answer: Payload = ACCEPTED | {"scheduleStart": start, "chargingSchedule": schedule}
        if version == "2.0.1":
            whole: Payload = {"evseId": 1, "duration": 3600, "scheduleStart": start} | schedule
            answer = ACCEPTED | {"schedule": whole}
        else:
            answer |= {"connectorId": 1}
        await cp.obey("GetCompositeSchedule", answer)
        asked = Command.objects.filter(charge_point=cp.row, type="get_composite_schedule")
        command = await eventually(lambda: asked.filter(finished_at__isnull=False).first())
        assert command is not None and command.result is not None
        assert command.requested_by == "gateway"
        assert command.result["as_expected"] is False
        assert command.cautions == ["the charge point does not apply its profiles"]
        assert uses(cp) == {"verify_profiles": 1}


@both_versions
async def test_one_is_asked_in_the_unit_that_it_understands(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    quirk = ("Accepts profiles, and does not apply them", "Charging profiles in W only")
    async with await with_quirk(gateway, identity, version, *quirk) as cp:
        await tell_connectors(cp, 1)
        await set_profile(cp, PROFILE, evse_id=1)
        asked = await cp.obey("GetCompositeSchedule", {"status": "Rejected"})
        assert asked["chargingRateUnit"] == "W"


@both_versions
async def test_a_reply_is_held_back_and_counted(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    async with await with_quirk(gateway, identity, version, "Misses fast replies") as cp:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await cp.call("Heartbeat", {})
        assert loop.time() - before >= 0.3
        assert uses(cp)["reply_delay_ms"] >= 1


@pytest.mark.parametrize(
    ("quirk", "heartbeat", "expected"),
    [
        ("Closes when idle", None, (20, None)),
        ("Answers no pings", 100, (None, 300)),
    ],
)
async def test_the_socket_is_watched_as_the_charger_needs_it(
    gateway: RunningGateway, identity: str, quirk: str, heartbeat: int | None, expected: Any
) -> None:
    async with await OperatedCharger.connect(
        gateway, identity, assigned_quirks=[quirk], heartbeat_interval=heartbeat
    ) as cp:
        assert quirks.keep_alive(Station.of(cp.known())) == expected
        assert list(uses(cp).values()) == [1]


@both_versions
async def test_one_that_never_comes_back_after_a_close_frame_is_sent_none(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    cp = await with_quirk(gateway, identity, version, "Never reconnects after a close")
    async with cp, await gateway.connect(identity, f"ocpp{version}"):
        # Superseded by the newer socket: others are told 1000.
        assert await cp.charger.wait_closed() == CloseCode.ABNORMAL_CLOSURE
        assert uses(cp) == {"reconnects_after_close": 2}


@both_versions
@pytest.mark.parametrize(
    ("quirk", "value", "caution"),
    [
        ("Short remote tokens", "04A1B2C3D4E5F60718", "reads only the first 16 characters"),
        ("Hexadecimal remote tokens", "PARKING", "reads only hexadecimal remote tokens"),
        (None, "04A1B2C3D4E5F60718", "some chargers read only the first 16"),
        (None, "PARKING", "some chargers misread"),
        (None, "04A1B2C3", ""),
    ],
)
async def test_a_doubtful_token_is_warned_of_and_sent_all_the_same(
    gateway: RunningGateway,
    identity: str,
    version: str,
    quirk: str | None,
    value: str,
    caution: str,
) -> None:
    async with await with_quirk(gateway, identity, version, *([quirk] if quirk else [])) as cp:
        action = "RemoteStartTransaction" if version == "1.6" else "RequestStartTransaction"
        token = {"value": value} | ({"type": "ISO14443"} if version == "2.0.1" else {})
        request, command = await cp.command("start", {"id_token": token}, action, ACCEPTED)
        assert value in str(request)
        assert len(command["cautions"]) == bool(caution)
        assert caution in str(command["cautions"])


@both_versions
async def test_a_key_that_reboots_the_charger_is_warned_of_and_written_once(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    async with await with_quirk(gateway, identity, version, "Reboots when configured") as cp:
        key, action = "HeartbeatInterval", "ChangeConfiguration"
        answer: Payload = ACCEPTED
        if version == "2.0.1":
            key, action = "OCPPCommCtrlr.HeartbeatInterval", "SetVariables"
            named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": key[14:]}}
            answer = {"setVariableResult": [named | {"attributeStatus": "Accepted"}]}
        _, command = await cp.command(
            "set_configuration", {"key": key, "value": "60"}, action, answer
        )
        assert "this charger reboots when a key is written" in command["cautions"]
        # It reboots, and nothing is written again.
        await cp.reconnect()
        boot = BOOTS[version]
        assert (await cp.call("BootNotification", boot))["status"] == "Accepted"
        await cp.call("Heartbeat", {})
        assert Command.objects.filter(charge_point=cp.row).count() == 1
        assert [frame[2] for frame in cp.charger.journal.asked] == []


BOOTS: dict[str, Payload] = {
    "1.6": {"chargePointVendor": "Acme", "chargePointModel": "Wall 22"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Post"}},
}


async def test_what_staff_assign_holds_at_once_and_what_they_take_away_is_gone(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        path = f"charge-points/{identity}"
        given = await cp.api("PATCH", path, json={"assigned_quirks": ["Stack level 0 only"]})
        assert given.json()["quirks"] == given.json()["assigned_quirks"] == ["Stack level 0 only"]
        _, profile, _ = said(await set_profile(cp, PROFILE | {"stack_level": 3}))
        assert profile["stackLevel"] == 0
        taken = await cp.api("PATCH", path, json={"assigned_quirks": []})
        assert taken.json()["quirks"] == []
        _, profile, _ = said(await set_profile(cp, PROFILE | {"stack_level": 3}))
        assert profile["stackLevel"] == 3
        unknown = await cp.api("PATCH", path, json={"assigned_quirks": ["No such"]})
        assert unknown.json()["errors"][0]["pointer"] == "/assigned_quirks"
        assert ChargePoint.objects.get(pk=cp.row.pk).assigned_quirks == []
