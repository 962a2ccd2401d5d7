"""What support staff are called about, done as they would do it, in a real browser."""

import asyncio
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.contrib.auth.models import Group, User
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from chargepoints.models import ChargePoint, Command, FirmwareFile, HandshakeRefusal, Transaction
from chargepoints.roles import VIEWER
from tests.chargepoints.admin.browser import PASSWORD, Staff, logged_in, staff
from tests.chargepoints.admin.conftest import charge, make
from tests.chargepoints.admin.night import pass_badly
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.operated import BOOT_16, OperatedCharger, eventually
from tests.running_gateway import RunningGateway

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services

SET_TIME = "arguments[0].value = arguments[1]"


def search(staff: Staff, term: str) -> None:
    box = staff.find(".cp-find [name=q]")
    box.clear()
    staff.leave(lambda: box.send_keys(term, Keys.ENTER))


def choose_the_night(staff: Staff) -> None:
    for name, time in (("from", "2026-11-28T18:00"), ("to", "2026-11-29T08:00")):
        staff.browser.execute_script(SET_TIME, staff.find(f"[name={name}]"), time)
    staff.leave(lambda: staff.press("Show"))


def refused_token(staff: Staff, charge_point: ChargePoint, token: str) -> None:
    """From the card that the driver holds, by two clicks."""
    search(staff, token)
    choose_the_night(staff)
    staff.sees("#story", f"Token {token} at {charge_point.identity} was refused (blocked)")
    staff.keep("night-of-a-token")


def every_cause(staff: Staff, charge_point: ChargePoint) -> None:
    """From the bus's charger: the search, its story, the night."""
    search(staff, charge_point.identity)
    staff.follow("Story")
    choose_the_night(staff)
    for cause in (
        "The token was refused: blocked",
        "The charger was offline for 2 hours",
        "A remote start had no effect",
        "A transaction ended before it charged",
    ):
        staff.sees("#verdict", cause)
    staff.sees("#story", "reported late")
    staff.keep("night-of-bus-42")


async def test_the_night_of_bus_42_is_explained_within_five_clicks(
    logged_in: Staff, identity: str
) -> None:
    row, token = make(identity), f"T{identity}"[:20]
    pass_badly(row, token)
    await asyncio.to_thread(refused_token, logged_in, row, token)
    await asyncio.to_thread(every_cause, logged_in, row)
    assert await asyncio.to_thread(logged_in.complaints) == []


async def test_the_vendor_is_given_the_night_as_a_file(
    logged_in: Staff, identity: str, tmp_path: Path
) -> None:
    row = make(identity)
    pass_badly(row)

    def export() -> bytes:
        search(logged_in, identity)
        logged_in.follow("Story")
        choose_the_night(logged_in)
        logged_in.find("#verdict")
        address = logged_in.link("Export for the vendor").get_attribute("href")
        cookies = {each["name"]: each["value"] for each in logged_in.browser.get_cookies()}
        answer = requests.get(str(address), cookies=cookies, timeout=20)
        assert answer.headers["Content-Type"] == "application/zip"
        return answer.content

    file = tmp_path / "night.zip"
    file.write_bytes(await asyncio.to_thread(export))
    with zipfile.ZipFile(file) as archive:
        assert {Path(name).name for name in archive.namelist()} >= {"trace.jsonl", "summary.txt"}
        summary = next(name for name in archive.namelist() if name.endswith("summary.txt"))
        assert identity in archive.read(summary).decode()


async def knock(gateway: RunningGateway, path: str, key: str) -> int:
    """The status with which a charger set up like this is refused."""
    url = f"ws://127.0.0.1:{gateway.port}{path}"
    try:
        charger = await RawCharger.connect(
            url.rpartition("/")[0], url.rpartition("/")[2], key, ["ocpp1.6"]
        )
    except HandshakeRefusedError as refused:
        return refused.status
    await charger.close()
    return 101


async def test_a_charger_is_set_up_though_its_path_and_its_key_were_wrong_at_first(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    name = f"NEW-{identity}"
    assert await knock(gateway, f"/ocpp1.6/{name}", "guessed") == 404

    def register() -> str:
        logged_in.browser.get(f"{logged_in.address}/admin/chargepoints/handshakerefusal/?q={name}")
        logged_in.sees("#result_list", f"/ocpp/{name}")  # the right path
        logged_in.keep("refused-for-its-path")
        logged_in.follow("Register")
        logged_in.leave(lambda: logged_in.press("Save"))
        key = logged_in.find("#key").text
        logged_in.keep("onboarding-key")
        return key

    first_key = await asyncio.to_thread(register)
    assert await knock(gateway, f"/ocpp/{name}", "guessed") == 401

    def make_a_new_key() -> str:
        logged_in.browser.get(f"{logged_in.address}/admin/chargepoints/handshakerefusal/?q={name}")
        logged_in.sees("#result_list", "wrong key")
        logged_in.keep("refused-for-its-key")
        logged_in.follow("New key")
        logged_in.leave(lambda: logged_in.press("Create a new key"))
        return logged_in.find("#key").text

    key = await asyncio.to_thread(make_a_new_key)
    assert key != first_key
    charger = await RawCharger.connect(gateway.url, name, key, ["ocpp1.6"])
    await asyncio.to_thread(logged_in.open, name)
    await asyncio.to_thread(logged_in.sees, "#first-steps", "Next:")
    await charger.call("BootNotification", BOOT_16)
    await charger.call(
        "StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    )
    await asyncio.to_thread(logged_in.sees, "#connectors", "available")
    await asyncio.to_thread(logged_in.keep, "onboarding-first-steps")
    await charger.close()
    assert await asyncio.to_thread(logged_in.complaints) == []


@pytest.mark.parametrize(
    ("reason", "step", "field"),
    [
        ("no_credentials", "New key", "form button.cp-danger"),
        ("no_common_protocol", "Version", "#id_pinned_protocol"),
        ("no_tls", "Security profile", "#id_security_profile"),
    ],
)
async def test_each_refusal_leads_to_what_mends_it(
    logged_in: Staff, identity: str, reason: str, step: str, field: str
) -> None:
    make(identity, online=False)
    HandshakeRefusal.objects.create(
        identity=identity, address="203.0.113.7", reason=reason, remedy="Do it.", status_code=401
    )

    def mend() -> None:
        page = f"{logged_in.address}/admin/chargepoints/handshakerefusal/?q={identity}"
        logged_in.browser.get(page)
        logged_in.follow(step)
        logged_in.find(field)

    await asyncio.to_thread(mend)


async def test_diagnostics_are_fetched_and_firmware_is_brought(
    logged_in: Staff, gateway: RunningGateway, identity: str
) -> None:
    FirmwareFile.objects.create(name=f"{identity}.bin", file="firmware/v2.bin", size=1)
    async with await OperatedCharger.connect(gateway, identity) as charger:

        def ask_for_diagnostics() -> None:
            logged_in.open(identity)
            logged_in.choose("get_log")
            logged_in.select("[name=args-log]", "diagnostics")
            logged_in.press("Send")

        await asyncio.to_thread(ask_for_diagnostics)
        asked = await charger.obey("GetLog", {"status": "Accepted", "filename": "night.zip"})
        upload = f"{asked['log']['remoteLocation']}night.zip"
        sent = await asyncio.to_thread(requests.put, upload, b"PK the night", timeout=10)
        assert sent.ok
        told = {"status": "Uploaded", "requestId": asked["requestId"]}
        await charger.call("LogStatusNotification", told)
        command = Command.objects.get(charge_point=charger.row, type="get_log")
        await eventually(lambda: Command.objects.get(pk=command.pk).finished_at)

        def fetch() -> bytes:
            page = f"{logged_in.address}/admin/chargepoints/command/{command.pk}/change/"
            logged_in.browser.get(page)
            logged_in.keep("diagnostics")
            address = logged_in.link("night.zip").get_attribute("href")
            cookies = {each["name"]: each["value"] for each in logged_in.browser.get_cookies()}
            return requests.get(str(address), cookies=cookies, timeout=10).content

        assert await asyncio.to_thread(fetch) == b"PK the night"

        def bring_firmware() -> None:
            logged_in.open(identity)
            logged_in.choose("update_firmware")
            logged_in.fill("firmware", f"{identity}.bin")
            logged_in.press("Send")
            logged_in.press("Yes, send it")

        await asyncio.to_thread(bring_firmware)
        asked = await charger.obey("UpdateFirmware", {})
        assert asked["location"].startswith("http")
        await charger.call("FirmwareStatusNotification", {"status": "Installed"})
        await asyncio.to_thread(logged_in.sees, "#commands", "update_firmware")
        assert await asyncio.to_thread(logged_in.complaints) == []


async def test_a_transaction_that_was_left_open_is_closed_by_hand(
    logged_in: Staff, identity: str
) -> None:
    row = make(identity)
    transaction = charge(row, f"OPEN-{identity}")
    Transaction.objects.filter(pk=transaction.pk).update(
        metered_at=timezone.now() - timedelta(hours=9)
    )

    def close() -> None:
        search(logged_in, transaction.transaction_id)
        logged_in.follow("Close by hand")
        logged_in.find("[name=meter_stop_wh]").send_keys("4200")
        logged_in.keep("left-open")
        logged_in.press("Close it")
        logged_in.sees(".cp-panel", "closed by us")

    await asyncio.to_thread(close)
    transaction.refresh_from_db()
    assert transaction.ended_at is not None and transaction.energy_wh == 3200
    assert await asyncio.to_thread(logged_in.complaints) == []


async def test_a_colleague_may_be_made_who_reads_everything_and_changes_nothing(
    logged_in: Staff, identity: str
) -> None:
    row = make(f"{identity}-shown")
    charge(row)
    colleague = f"reader-{identity}"

    def make_a_colleague() -> None:
        logged_in.browser.get(f"{logged_in.address}/admin/auth/user/add/")
        logged_in.find("[name=username]").send_keys(colleague)
        for field in ("password1", "password2"):
            logged_in.find(f"[name={field}]").send_keys(PASSWORD)
        Select(logged_in.find("[name=role]")).select_by_visible_text(VIEWER)
        logged_in.keep("new-colleague")
        logged_in.leave(lambda: logged_in.press("Save"))

    await asyncio.to_thread(make_a_colleague)
    user = User.objects.get(username=colleague)
    assert user.is_staff and list(user.groups.all()) == [Group.objects.get(name=VIEWER)]

    def read() -> None:
        logged_in.browser.delete_all_cookies()
        logged_in.log_in(colleague)
        logged_in.open(row.identity)
        logged_in.sees("#state", "online")
        assert not logged_in.browser.find_elements(By.CSS_SELECTOR, "#command [name=command]")
        assert not logged_in.browser.find_elements(By.LINK_TEXT, "New key")
        assert not logged_in.browser.find_elements(By.LINK_TEXT, "Close by hand")
        logged_in.keep("read-only")

    await asyncio.to_thread(read)
