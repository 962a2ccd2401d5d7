"""What staff do to many chargers, in a real browser, before a real server with real chargers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from selenium.webdriver.common.by import By

from chargepoints.models import (
    Command,
    ConfigurationTemplate,
    FirmwareFile,
    Message,
    Variable,
)
from tests.chargepoints.admin.browser import Staff, logged_in, staff
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.running_gateway import RunningGateway

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services

KEY = "MeterValueSampleInterval"


@pytest.fixture
async def five(gateway: RunningGateway, identity: str) -> AsyncIterator[list[OperatedCharger]]:
    """Online, of one site."""
    async with AsyncExitStack() as stack:
        chargers = []
        for number in range(1, 6):
            charger = await OperatedCharger.connect(gateway, f"{identity}-{number}", site=identity)
            chargers.append(await stack.enter_async_context(charger))
        yield chargers


def choose_all(staff: Staff, query: str, action: str) -> None:
    staff.browser.get(f"{staff.address}/admin/chargepoints/chargepoint/?{query}")
    staff.click("#action-toggle")
    staff.select("select[name=action]", action)
    staff.leave(lambda: staff.press("Run"))
    staff.find("#command")


async def test_five_are_reset_from_their_list(
    logged_in: Staff, five: list[OperatedCharger], identity: str
) -> None:
    def ask() -> None:
        choose_all(logged_in, f"site={identity}", "send_reset")
        logged_in.select("[name=args-type]", "on_idle")
        logged_in.keep("reset-five-form")
        logged_in.press("Preview")
        logged_in.sees("#command", '"type": "Soft"')
        logged_in.keep("reset-five-preview")
        logged_in.press("Send to 5 charge points")
        logged_in.sees("#command", "Nothing was sent")

    await asyncio.to_thread(ask)
    assert not Command.objects.filter(charge_point__site=identity).exists()

    def confirm() -> None:
        logged_in.click("[name=confirmed]")
        logged_in.press("Send to 5 charge points")
        logged_in.sees("#progress", "under way")

    await asyncio.to_thread(confirm)
    for charger in five[:4]:
        assert await charger.obey("Reset", {"status": "Accepted"}) == {"type": "Soft"}
    assert await five[4].obey("Reset", {"status": "Rejected"}) == {"type": "Soft"}
    await asyncio.to_thread(logged_in.sees, "#progress", "Send again to those that failed (1)")
    await asyncio.to_thread(logged_in.keep, "reset-five-progress")

    def again() -> None:
        logged_in.follow("Send again to those that failed (1)")
        logged_in.sees("#command", "to 1 charge point")

    await asyncio.to_thread(again)
    states = Command.objects.filter(charge_point__site=identity).values_list("state", flat=True)
    await eventually(lambda: sorted(states.all()) == ["accepted"] * 4 + ["rejected"])
    assert await asyncio.to_thread(logged_in.complaints) == []


async def test_a_roll_out_to_those_that_are_behind_halts_at_the_third_failure(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    model = f"Post {identity}"[:20]
    for number in range(1, 10):
        newer = {"vendor": "Acme", "model": model, "firmware_version": "1.10"}
        gateway.register(f"{identity}-new-{number}", **newer)
    boot = BOOT_16 | {"chargePointModel": model, "firmwareVersion": "1.9"}
    query = urlencode({"model": model, "firmware": "(behind)"})
    async with AsyncExitStack() as stack:
        fleet = [
            await stack.enter_async_context(
                await OperatedCharger.connect(gateway, f"{identity}-{number}", boot=boot)
            )
            for number in range(1, 9)
        ]
        FirmwareFile.objects.create(name=f"{identity}.bin", file="firmware/v2.bin", size=1)

        def begin() -> None:
            listed = f"{logged_in.address}/admin/chargepoints/chargepoint/?{query}"
            logged_in.browser.get(listed)
            logged_in.sees("#result_list", "Firmware behind")
            logged_in.keep("firmware-behind")
            choose_all(logged_in, query, "send_update_firmware")
            logged_in.fill("firmware", f"{identity}.bin")
            logged_in.press("Preview")
            logged_in.click("#command details summary")
            for field, value in (("waves", "1"), ("halt_after", "3"), ("at_once", "3")):
                logged_in.find(f"[name=care-{field}]").clear()
                logged_in.find(f"[name=care-{field}]").send_keys(value)
            logged_in.click("[name=confirmed]")
            logged_in.keep("roll-out-preview")
            logged_in.press("Begin the roll-out")
            logged_in.sees("#progress", "1 under way")

        await asyncio.to_thread(begin)
        canary, *others = fleet
        request = await canary.obey("UpdateFirmware", {})
        assert request["location"].startswith("http")
        await canary.call("FirmwareStatusNotification", {"status": "Installed"})
        await asyncio.to_thread(logged_in.sees, "#progress", "1 well")
        for charger in others[:3]:
            await charger.obey("UpdateFirmware", {})
            await charger.call("FirmwareStatusNotification", {"status": "InstallationFailed"})
        await asyncio.to_thread(logged_in.sees, "#progress", "3 charge points failed.")
        await asyncio.to_thread(logged_in.keep, "roll-out-halted")
        spared = Message.objects.filter(
            charge_point__in=[charger.row for charger in others[5:]], action="UpdateFirmware"
        )
        assert not spared.exists()
        assert await asyncio.to_thread(logged_in.complaints) == []


async def test_a_key_is_set_on_all_of_a_model_that_drift(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    model = f"Wall {identity}"[:20]
    boot = BOOT_16 | {"chargePointModel": model}
    async with AsyncExitStack() as stack:
        fleet = [
            await stack.enter_async_context(
                await OperatedCharger.connect(gateway, f"{identity}-{number}", boot=boot)
            )
            for number in range(1, 4)
        ]
        for charger, value in zip(fleet, ("60", "10", "10"), strict=True):
            Variable.objects.create(
                charge_point=charger.row, name=KEY, reported=value, read_at=timezone.now()
            )

        def save() -> None:
            logged_in.open(f"{identity}-1")
            logged_in.follow("Configuration")
            logged_in.click(f"[name=key][value={KEY}]")
            logged_in.keep("configuration")
            logged_in.press(f"Save the ticked keys as the template of Acme {model}")
            logged_in.sees("#drift", "Mend (2)")
            logged_in.keep("configuration-drift")
            logged_in.follow("Mend (2)")
            logged_in.press("Preview")
            logged_in.sees("#command", f'"key": "{KEY}"')
            logged_in.click("[name=confirmed]")
            logged_in.press("Send to 2 charge points")
            logged_in.sees("#progress", "2 charge points")

        await asyncio.to_thread(save)
        for charger in fleet[1:]:
            request = await charger.obey("ChangeConfiguration", {"status": "Accepted"})
            assert request == {"key": KEY, "value": "60"}
        await asyncio.to_thread(logged_in.sees, "#progress", "All of them succeeded")
        template = ConfigurationTemplate.objects.get(model=model)
        url = f"{logged_in.address}/admin/chargepoints/configurationtemplate/{template.pk}/change/"
        await asyncio.to_thread(logged_in.browser.get, url)
        await asyncio.to_thread(logged_in.sees, "#drift", "none")
        assert await asyncio.to_thread(logged_in.complaints) == []


def composite() -> dict[str, Any]:
    """A day, of which the first hour is less limited."""
    return {
        "status": "Accepted",
        "connectorId": 0,
        "scheduleStart": at(),
        "chargingSchedule": {
            "duration": 86400,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 32.0},
                {"startPeriod": 3600, "limit": 16.0},
            ],
        },
    }


async def test_a_profile_is_filled_in_sent_and_seen_in_the_composite_schedule(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.status(1, "Available")

        def fill() -> None:
            logged_in.open(identity)
            logged_in.follow("Profiles")
            for number, row in enumerate((("00:00", "16"), ("06:00", "6"), ("22:00", "32"))):
                for name, value in zip(("at", "limit"), row, strict=True):
                    field = logged_in.browser.find_elements(By.CSS_SELECTOR, f"[name={name}]")
                    field[number].clear()
                    field[number].send_keys(value)
            logged_in.press("Preview")
            logged_in.find("#profile svg path")
            logged_in.keep("profile")
            logged_in.click("#profile [name=confirmed]")
            logged_in.press("Send the profile")
            logged_in.sees("#state", identity)

        await asyncio.to_thread(fill)
        request = await charger.obey("SetChargingProfile", {"status": "Accepted"})
        schedule = request["csChargingProfiles"]["chargingSchedule"]
        assert [each["limit"] for each in schedule["chargingSchedulePeriod"]] == [16, 6, 32]

        def ask() -> None:
            logged_in.follow("Profiles")
            logged_in.press("Request it now")

        await asyncio.to_thread(ask)
        await charger.obey("GetCompositeSchedule", composite())
        await asyncio.to_thread(logged_in.sees, "#composite", "reported by the charge point")
        await asyncio.to_thread(logged_in.keep, "composite")

        def fill_in_for_many() -> None:
            choose_all(logged_in, f"q={identity}", "send_set_charging_profile")
            logged_in.press("Fill in the profile by rows")
            logged_in.find("#command [name=limit]").send_keys("16")
            logged_in.press("Preview")
            logged_in.find("#command svg path")
            logged_in.keep("profile-for-many")
            logged_in.press("Take it into the command")
            logged_in.press("Preview")
            logged_in.sees("#command", '"limit": 16.0')

        await asyncio.to_thread(fill_in_for_many)
        assert await asyncio.to_thread(logged_in.complaints) == []
