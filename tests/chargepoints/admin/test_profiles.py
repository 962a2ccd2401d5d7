"""A charging profile by a form, and the composite schedule beside what was metered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chargepoints.admin import schedule_chart
from chargepoints.admin.schedule_chart import Series
from chargepoints.models import ChargePoint, Command
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole, charge

DAILY = {
    "purpose": "default",
    "evse_id": "1",
    "when": "daily",
    "start": "2026-11-22 00:00",
    "unit": "kW",
    "phases": "3",
    "stack_level": "2",
    "at": ["00:00", "06:30", "", "22:00"],
    "limit": ["11", "3,7", "", "22"],
}


def url_of(charge_point: ChargePoint) -> str:
    return f"/admin/chargepoints/chargepoint/{charge_point.pk}/profiles/"


def post(client: Client, charge_point: ChargePoint, step: str, **fields: Any) -> Any:
    return client.post(url_of(charge_point), {**DAILY, step: "yes", **fields})


def test_rows_and_named_choices_become_a_profile_with_its_chart_and_frame(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page = post(admin_client, charge_point, "show")
    assert page.context["form"].args == {
        "evse_id": 1,
        "profile": {
            "purpose": "default",
            "stack_level": 2,
            "unit": "W",
            "kind": "recurring",
            "recurrence": "daily",
            "start": "2026-11-22T00:00:00+00:00",
            "periods": [
                {"start_s": 0, "limit": 11000.0, "phases": 3},
                {"start_s": 23400, "limit": 3700.0, "phases": 3},
                {"start_s": 79200, "limit": 22000.0, "phases": 3},
            ],
        },
    }
    shown = page.content.decode()
    assert 'class="cp-line cp-said"' in shown
    assert "SetChargingProfile" in shown
    assert "40 kW" in shown
    assert 'value="3,7"' in shown
    assert not Command.objects.exists()


def test_it_is_sent_once_it_was_confirmed(admin_client: Client, charge_point: ChargePoint) -> None:
    asked = post(admin_client, charge_point, "send").content.decode()
    assert "tick the box" in asked
    assert not Command.objects.exists()
    sent = post(admin_client, charge_point, "send", confirmed="yes")
    assert sent["Location"] == f"/admin/chargepoints/chargepoint/{charge_point.pk}/"
    command = Command.objects.get()
    assert command.type == "set_charging_profile"
    assert command.args["profile"]["periods"][1]["limit"] == 3700.0
    assert command.requested_by == "staff:admin"


@pytest.mark.parametrize(
    ("protocol", "offered"),
    [
        ("ocpp1.6", {"default", "station_max"}),
        ("ocpp2.0.1", {"default", "station_max"}),
        ("ocpp2.1", {"default", "station_max", "priority", "local_generation"}),
        # It has not come yet: whatever it may speak.
        ("", {"default", "station_max", "priority", "local_generation"}),
    ],
)
def test_the_form_offers_what_the_version_of_the_charge_point_can_express(
    admin_client: Client, charge_point: ChargePoint, protocol: str, offered: set[str]
) -> None:
    ChargePoint.objects.filter(pk=charge_point.pk).update(protocol=protocol)
    form = admin_client.get(url_of(charge_point)).context["form"]
    assert {purpose for purpose, _ in form.fields["purpose"].choices} == offered


def test_a_profile_of_a_session_names_it_and_begins_with_it(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    charge(charge_point, "17")
    session = {"purpose": "transaction", "when": "session", "unit": "A", "limit": ["16"]}
    form = post(admin_client, charge_point, "show", at=["00:00"], **session).context["form"]
    assert form.errors == {"transaction_id": ["Choose the session."]}
    form = post(
        admin_client, charge_point, "show", at=["00:00"], transaction_id="17", **session
    ).context["form"]
    assert form.args["profile"]["kind"] == "relative"
    assert form.args["profile"]["transaction_id"] == "17"
    assert "start" not in form.args["profile"]
    assert form.args["profile"]["periods"] == [{"start_s": 0, "limit": 16.0, "phases": 3}]


@pytest.mark.parametrize(
    ("at", "limit", "said"),
    [
        (["06:00"], ["11"], "The first row must be 00:00"),
        (["00:00", "6"], ["11", "11"], "Row 2 needs a time such as 06:30"),
        (["00:00"], ["-1"], "Row 1 needs a time such as 06:30"),
        (["00:00"], ["nan"], "Row 1 needs a time such as 06:30"),
        (["00:00", "00:00"], ["1", "2"], "Row 2: this time occurs twice"),
        (["00:00", "24:00"], ["1", "2"], "Row 2: the time is after the end"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(
    admin_client: Client, charge_point: ChargePoint, at: list[str], limit: list[str], said: str
) -> None:
    page = post(admin_client, charge_point, "send", at=at, limit=limit, confirmed="yes")
    assert said in page.content.decode()
    assert not Command.objects.exists()


def test_more_rows_keep_what_was_typed(admin_client: Client, charge_point: ChargePoint) -> None:
    page = post(admin_client, charge_point, "more")
    assert len(page.context["form"].rows) == 8
    assert 'value="06:30"' in page.content.decode()


def test_the_composite_schedule_is_asked_for_and_drawn_beside_the_meter(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    admin_client.post(url_of(charge_point), {"ask": "yes", "evse_id": "1"})
    command = Command.objects.get()
    assert command.args == {"evse_id": 1, "duration_s": 86400}
    assert "hx-trigger" in admin_client.get(url_of(charge_point)).content.decode()
    charge(charge_point)
    start = timezone.now() - timedelta(minutes=20)
    command.result = {
        "start": start.isoformat(),
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 32.0}, {"start_s": 3600, "limit": 10.0}],
        "expected": [{"start_s": 0, "limit": 16.0, "phases": None}],
        "as_expected": False,
    }
    command.state, command.finished_at = Command.State.ACCEPTED, timezone.now()
    command.save()
    page = admin_client.get(url_of(charge_point))
    lines = {line.name: line.path for line in page.context["composite_chart"].lines}
    assert set(lines) == {
        "reported by the charge point",
        "expected from its profiles",
        "metered",
    }
    assert lines["metered"].count("L") == 9
    assert "not what it accepted" in page.content.decode()


def test_steps_hold_until_the_next_and_end_where_nothing_limits() -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(5)]
    points = [(hours[0], 10.0), (hours[1], 5.0), (hours[2], None), (hours[3], 10.0)]
    chart = schedule_chart.draw([Series("limit", "cp-said", points)], hours[0], hours[4], "A")
    assert chart is not None
    assert [tick.label for tick in chart.value_ticks] == ["0 A", "5 A", "10 A"]
    first, second = chart.lines[0].path.split(" M")
    assert first.count(",") == 4
    assert second.count(",") == 2
    assert schedule_chart.draw([Series("none", "x", [])], hours[0], hours[1], "A") is None


@pytest.mark.parametrize("lasted", [timedelta(minutes=1), timedelta(hours=5), timedelta(days=4)])
def test_no_two_labels_below_a_chart_are_the_same(lasted: timedelta) -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    line = Series("power", "cp-said", [(start, 10.0), (start + lasted, 5.0)])
    chart = schedule_chart.draw([line], start, start + lasted, "kW")
    assert chart is not None
    assert len({tick.label for tick in chart.time_ticks}) == len(chart.time_ticks)


def test_an_operator_asks_and_a_viewer_looks(as_role: AsRole, charge_point: ChargePoint) -> None:
    viewer, operator = as_role(VIEWER), as_role(OPERATOR)
    assert "Request it now" not in viewer.get(url_of(charge_point)).content.decode()
    assert viewer.post(url_of(charge_point), {"ask": "yes"}).status_code == 403
    assert post(viewer, charge_point, "send", confirmed="yes").status_code == 403
    page = operator.get(url_of(charge_point)).content.decode()
    assert "Request it now" in page
    assert "A new profile" not in page
    assert post(operator, charge_point, "send", confirmed="yes").status_code == 403
    assert operator.post(url_of(charge_point), {"ask": "yes"}).status_code == 302
    assert Command.objects.count() == 1
    assert post(as_role(ENGINEER), charge_point, "send", confirmed="yes").status_code == 302
