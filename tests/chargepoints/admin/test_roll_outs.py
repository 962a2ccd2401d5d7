"""Roll-outs in the admin: begun from the preview, followed and steered on their page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command, CommandBatch, RollOut
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from chargepoints.services.commands import outcomes, roll_out_steps
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, charge

LIST = "/admin/chargepoints/rollout/"
BULK = "/admin/chargepoints/chargepoint/bulk/"
CARE = {
    "care-waves": "1, 50%",
    "care-halt_after": "2",
    "care-at_once": "5",
    "care-during": "wait",
    "care-wait_hours": "24",
    "care-back_minutes": "15",
}


@pytest.fixture
def fleet(make_charge_point: MakeChargePoint) -> list[ChargePoint]:
    return [make_charge_point(f"CP-{number}") for number in range(1, 5)]


def begin(client: Client, fleet: list[ChargePoint], **fields: str) -> Any:
    targets = ",".join(str(each.pk) for each in fleet)
    return client.post(
        BULK,
        {"targets": targets, "command": "clear_cache", "roll_out": "yes", **CARE, **fields},
    )


def step() -> None:
    with unit_of_work() as unit:
        roll_out_steps.step(unit, timezone.now() + timedelta(seconds=1))


def test_a_roll_out_begins_from_the_preview_once_it_was_confirmed(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    asked = begin(admin_client, fleet).content.decode()
    assert "tick the box" in asked
    assert 'value="1, 50%"' in asked
    assert not RollOut.objects.exists()
    for _ in range(2):
        begun = begin(admin_client, fleet, confirmed="yes", key="k1")
    roll_out = RollOut.objects.get()
    assert begun["HX-Redirect"] == f"{LIST}{roll_out.pk}/change/"
    assert (roll_out.wave_sizes, roll_out.halt_after, roll_out.at_once) == ([1, 2, 1], 2, 5)
    assert roll_out.requested_by == "staff:admin"
    assert not CommandBatch.objects.exists()


def test_what_is_wrong_with_the_waves_is_said_beside_them(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    wrong = {"care-waves": "1, some", "care-halt_after": "0"}
    page = begin(admin_client, fleet, confirmed="yes", **wrong)
    assert set(page.context["care"].errors) == {"waves", "halt_after"}
    assert "Write it such as" in page.content.decode()
    assert not RollOut.objects.exists()


def test_its_page_shows_each_wave_and_what_failed_and_sends_it_again(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    page = begin(admin_client, fleet, confirmed="yes")["HX-Redirect"]
    step()
    assert "1 under way" in admin_client.get(page).content.decode()
    command = Command.objects.get()
    with unit_of_work() as unit:
        outcomes.fail(unit, command, Command.State.REJECTED, "station", "Rejected", "no mood")
    step()
    shown = admin_client.get(page).content.decode()
    assert "No charge point of wave 1 succeeded" in shown
    assert "no mood" in shown
    assert ">Resume<" in shown
    again = admin_client.get(f"{BULK}?roll_out={RollOut.objects.get().pk}")
    assert again.context["chosen"] == fleet[:1]
    assert "halted" in admin_client.get(LIST).content.decode()
    first_page = admin_client.get("/admin/").content.decode()
    assert "The roll-out of clear_cache for 4 charge points is halted" in first_page
    assert page in first_page


def test_its_page_says_for_what_a_wave_waits(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    away, busy = make_charge_point("AWAY", online=False), make_charge_point("BUSY")
    charge(busy)
    page = begin(admin_client, [away, busy], confirmed="yes", **{"care-waves": "2"})
    step()
    shown = admin_client.get(page["HX-Redirect"]).content.decode()
    assert "Waiting in this wave: 1 offline, 1 charging." in shown
    assert "1 day for a charge point that is offline or charging" in shown
    assert "15 minutes after its command" in shown


def test_it_is_paused_resumed_and_cancelled_on_its_page(
    admin_client: Client, fleet: list[ChargePoint]
) -> None:
    begin(admin_client, fleet, confirmed="yes")
    roll_out = RollOut.objects.get()
    for action, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        page = admin_client.post(f"{LIST}{roll_out.pk}/step/{action}/", follow=True)
        assert f"The roll-out is {state}." in page.content.decode()
    page = admin_client.post(f"{LIST}{roll_out.pk}/step/pause/", follow=True)
    assert "The roll-out is cancelled already." in page.content.decode()


def test_a_viewer_looks_and_who_may_not_send_it_does_not_steer_it(
    as_role: AsRole, fleet: list[ChargePoint]
) -> None:
    begin(as_role(ENGINEER), fleet, confirmed="yes")
    roll_out = RollOut.objects.get()
    for role in (VIEWER, OPERATOR):
        client = as_role(role)
        page = client.get(f"{LIST}{roll_out.pk}/change/").content.decode()
        assert "Roll-out: clear_cache for 4 charge points" in page
        assert ">Pause<" not in page
        assert client.post(f"{LIST}{roll_out.pk}/step/cancel/").status_code == 403
        assert begin(client, fleet, confirmed="yes").status_code == 403
    roll_out.refresh_from_db()
    assert roll_out.state == RollOut.State.RUNNING
