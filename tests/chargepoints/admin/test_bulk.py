"""Sending one command to many charge points from their list."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from chargepoints.admin import bulk_actions
from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command, CommandBatch, FirmwareFile, FirmwareUpdate
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from chargepoints.services.commands import outcomes
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, charge

LIST = "/admin/chargepoints/chargepoint/"
BULK = f"{LIST}bulk/"
RESET = {"command": "reset", "args-type": "on_idle"}


@pytest.fixture
def fleet(make_charge_point: MakeChargePoint) -> list[ChargePoint]:
    return [
        make_charge_point("CP-1", site="North"),
        make_charge_point("CP-2", site="North"),
        make_charge_point("CS-3", site="South", protocol="ocpp2.0.1"),
    ]


def targets(charge_points: list[ChargePoint]) -> str:
    return ",".join(str(each.pk) for each in charge_points)


def choose(client: Client, action: str, chosen: list[ChargePoint], query: str = "") -> Any:
    across = {"select_across": "1"} if query else {}
    keys = [each.pk for each in chosen]
    return client.post(f"{LIST}?{query}", {"action": action, "_selected_action": keys, **across})


def step(client: Client, fleet: list[ChargePoint], **fields: Any) -> Any:
    return client.post(BULK, {"targets": targets(fleet), **fields})


def test_the_actions_lead_to_the_form_for_those_that_were_chosen(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    page = choose(admin_client, "send_reset", fleet[:2])
    assert page.context["command_type"] == "reset"
    assert page.context["targets"] == targets(fleet[:2])
    assert "to 2 charge points" in page.content.decode()
    assert choose(admin_client, "send_command", fleet).context["chosen"] == fleet


def test_all_that_a_filter_finds_are_chosen(
    admin_client: Client, fleet: list[ChargePoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = choose(admin_client, "send_reset", fleet[:1], "site=North")
    assert page.context["chosen"] == fleet[:2]
    monkeypatch.setattr(bulk_actions, "MOST_TARGETS", 1)
    refused = choose(admin_client, "send_reset", fleet[:1], "site=North")
    assert refused.status_code == 302
    assert "narrow the filter" in admin_client.get(LIST).content.decode()


def test_the_preview_shows_the_frame_of_each_version_and_sends_nothing(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    charge(fleet[0])
    page = step(admin_client, fleet, preview="yes", **RESET).content.decode()
    assert "OCPP 1.6" in page
    assert "&quot;type&quot;: &quot;Soft&quot;" in page
    assert "OCPP 2.0.1" in page
    assert "&quot;type&quot;: &quot;OnIdle&quot;" in page
    assert "1 transaction running" in page
    assert not Command.objects.exists()
    assert not CommandBatch.objects.exists()


def test_what_a_version_cannot_say_is_refused_in_the_preview_with_the_reason(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    fields = {"command": "set_variables", "args-variables": '[{"component":"A","variable":"B",'}
    fields["args-variables"] += '"value":"1"}]'
    page = step(admin_client, fleet, preview="yes", **fields)
    seen = page.context["preview"]
    assert [(each.version, each.count) for each in seen.frames] == [("2.0.1", 1)]
    assert [(each.count, each.detail) for each in seen.refused] == [
        (2, "OCPP 1.6 does not support 'set_variables'")
    ]
    raw = {"command": "raw", "args-action": "UnlockConnector", "args-payload": '{"evseId": 1}'}
    seen = step(admin_client, fleet, preview="yes", **raw).context["preview"]
    assert seen.frames == []
    assert sum(each.count for each in seen.refused) == 3


def test_composing_for_the_preview_keeps_nothing_and_shows_no_secret(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    FirmwareFile.objects.create(name="v2.bin", file="firmware/v2.bin", size=1)
    form = choose(admin_client, "send_update_firmware", fleet).content.decode()
    assert '<option value="v2.bin">' in form
    fields = {"command": "update_firmware", "args-firmware": "v2.bin"}
    page = step(admin_client, fleet, preview="yes", **fields).content.decode()
    assert "/files/firmware/(not shown)" in page
    assert not FirmwareUpdate.objects.exists()
    payload = '{"key": "AuthorizationKey", "value": "5345435245545345"}'
    raw = {"command": "raw", "args-action": "ChangeConfiguration", "args-payload": payload}
    seen = step(admin_client, fleet[:1], preview="yes", **raw).context["preview"]
    assert seen.frames[0].payload["value"] == "(not shown)"


def test_a_dangerous_command_is_sent_when_it_was_confirmed_and_once(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    key = step(admin_client, fleet, preview="yes", **RESET).context["key"]
    asked = step(admin_client, fleet, send="yes", key=key, **RESET)
    assert "tick the box" in asked.content.decode()
    assert not CommandBatch.objects.exists()
    for _ in range(2):
        sent = step(admin_client, fleet, send="yes", confirmed="yes", key=key, **RESET)
        batch = CommandBatch.objects.get()
        assert sent["HX-Redirect"] == f"/admin/chargepoints/commandbatch/{batch.pk}/change/"
    assert batch.requested_by == "staff:admin"
    assert Command.objects.filter(batch=batch, type="reset").count() == 3


def test_why_a_batch_was_sent_stands_on_its_page_and_on_those_of_its_commands(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    fields = {"command": "trigger", "args-message": "Heartbeat", "why": "Clocks were off"}
    seen = step(admin_client, fleet, preview="yes", **fields).content.decode()
    assert 'value="Clocks were off"' in seen
    for _ in range(2):
        page = step(admin_client, fleet, send="yes", key="k1", **fields)["HX-Redirect"]
    assert LogEntry.objects.get().get_change_message() == "Why: Clocks were off"
    command = Command.objects.first()
    assert command is not None
    for url in (page, f"/admin/chargepoints/command/{command.pk}/change/"):
        assert "Clocks were off" in admin_client.get(url).content.decode()


def test_the_page_of_a_batch_says_what_failed_and_why_and_sends_it_again(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    fields = {"command": "trigger", "args-message": "Heartbeat", "send": "yes", "key": "k1"}
    page_of_batch = step(admin_client, fleet, **fields)["HX-Redirect"]
    first, second, third = Command.objects.order_by("charge_point__identity")
    assert "under way" in admin_client.get(page_of_batch).content.decode()
    with unit_of_work() as unit:
        outcomes.finish(unit, first, Command.State.ACCEPTED)
        outcomes.fail(unit, second, Command.State.REJECTED, "station", "Rejected", "out of mood")
        outcomes.fail(unit, third, Command.State.TIMEOUT, "transport", "no_answer", "silent")
    polled = admin_client.get(page_of_batch, headers={"HX-Request": "true"}).content.decode()
    assert "out of mood" in polled
    assert "<html" not in polled
    page = admin_client.get(page_of_batch)
    shown = page.content.decode()
    assert "out of mood" in shown
    assert "hx-trigger" not in shown.partition('id="progress"')[2].partition(">")[0]
    again = admin_client.get(f"{BULK}?again={CommandBatch.objects.get().pk}")
    assert again.context["chosen"] == fleet[1:]
    assert again.context["form"].initial == {"message": "Heartbeat"}


def test_an_operator_sends_to_many_what_daily_support_needs(
    as_role: AsRole, fleet: list[ChargePoint]
) -> None:
    operator = as_role(OPERATOR)
    page = operator.get(LIST).content.decode()
    assert "send_trigger" in page
    assert "send_raw" not in page
    assert step(operator, fleet, send="yes", confirmed="yes", **RESET).status_code == 403
    fields = {"command": "trigger", "args-message": "Heartbeat", "send": "yes"}
    assert step(operator, fleet, **fields).status_code == 204
    assert step(as_role(ENGINEER), fleet, preview="yes", **RESET).status_code == 200


def test_a_viewer_sees_no_action_and_sends_nothing(
    as_role: AsRole, fleet: list[ChargePoint]
) -> None:
    viewer = as_role(VIEWER)
    assert "send_trigger" not in viewer.get(LIST).content.decode()
    fields = {"command": "trigger", "args-message": "Heartbeat", "send": "yes"}
    assert step(viewer, fleet, **fields).status_code == 403
    choose(viewer, "send_trigger", fleet)
    assert not Command.objects.exists()
    CommandBatch.objects.create(type="reset", targets=[fleet[0].pk], requested_by="core")
    batch = CommandBatch.objects.get()
    page = viewer.get(f"/admin/chargepoints/commandbatch/{batch.pk}/change/").content.decode()
    assert "Send again" not in page
    assert viewer.get(f"{BULK}?again={batch.pk}").status_code == 403


def test_a_charging_profile_for_many_is_filled_in_by_rows(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    form = choose(admin_client, "send_set_charging_profile", fleet).content.decode()
    assert f'hx-post="{BULK}profile/"' in form
    rows = {
        "targets": targets(fleet),
        "purpose": "default",
        "evse_id": "0",
        "when": "daily",
        "start": "2026-11-22 00:00",
        "unit": "A",
        "phases": "",
        "stack_level": "0",
        "at": ["00:00", "06:00"],
        "limit": ["16", "6"],
    }
    shown = admin_client.post(f"{BULK}profile/", {**rows, "show": "yes"})
    assert "for 3 charge points" in shown.content.decode()
    assert 'class="cp-line cp-said"' in shown.content.decode()
    taken = admin_client.post(f"{BULK}profile/", {**rows, "take": "yes"}).context["form"]
    typed = {f"args-{name}": value for name, value in taken.initial.items()}
    seen = step(admin_client, fleet, preview="yes", command=taken.type, **typed).context["preview"]
    assert [(each.version, each.action) for each in seen.frames] == [
        ("1.6", "SetChargingProfile"),
        ("2.0.1", "SetChargingProfile"),
    ]
    assert seen.frames[0].payload["csChargingProfiles"]["chargingSchedule"][
        "chargingSchedulePeriod"
    ] == [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 21600, "limit": 6.0}]


def test_who_may_not_send_a_profile_fills_in_none(
    as_role: AsRole, fleet: list[ChargePoint]
) -> None:
    for role in (VIEWER, OPERATOR):
        answer = as_role(role).post(f"{BULK}profile/", {"targets": targets(fleet)})
        assert answer.status_code == 403
    assert as_role(ENGINEER).get(f"{BULK}profile/").status_code == 405
