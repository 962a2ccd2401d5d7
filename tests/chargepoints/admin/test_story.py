"""The story of a night: why a vehicle did not charge, from its charger or from its token."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chargepoints.models import (
    ChargePoint,
    Connection,
    Message,
    Site,
    StatusChange,
    TokenDecision,
    Transaction,
)
from tests.chargepoints.admin.conftest import AsRole, charge, trace
from tests.chargepoints.admin.night import SPAN, connected, hours, pass_badly
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway


def page(client: Client, charge_point: ChargePoint) -> str:
    url = reverse("admin:chargepoints_chargepoint_story", args=[charge_point.pk])
    answer = client.get(f"{url}?{SPAN}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def bus_42(charge_point: ChargePoint) -> ChargePoint:
    pass_badly(charge_point)
    return charge_point


def test_the_verdict_names_each_cause_with_its_proof(
    admin_client: Client, bus_42: ChargePoint
) -> None:
    shown = page(admin_client, bus_42)
    assert "The token was refused: blocked" in shown
    assert "core decided after 0.2 s" in shown
    assert "The charger was offline for 2 hours" in shown
    assert "the charger answered no ping" in shown
    assert "A remote start had no effect" in shown
    assert "it had no effect: nobody plugged in a car in time." in shown
    assert "A transaction ended before it charged" in shown


def test_each_line_is_a_sentence_and_a_late_report_is_marked(
    admin_client: Client, bus_42: ChargePoint
) -> None:
    shown = page(admin_client, bus_42)
    assert "Token 04A1B2 was refused (blocked): core decided after 0.2 s." in shown
    assert "after 2 hours without a connection" in shown
    assert "Transaction 7 ended with 0.1 kWh, reason EVDisconnected." in shown
    assert "reported late" in shown and "1:30 h after it happened" in shown


def test_a_token_tells_its_story_at_whichever_charger(
    admin_client: Client, bus_42: ChargePoint
) -> None:
    url = reverse("admin:chargepoints_chargepoint_token_story")
    shown = admin_client.get(f"{url}?token=04a1b2&{SPAN}").content.decode()
    assert f"Token 04A1B2 at {bus_42.identity} was refused (blocked)" in shown
    assert f"Transaction 7 at {bus_42.identity} ended" in shown
    assert "Enter a token" in admin_client.get(url).content.decode()


def test_where_nothing_explains_it_that_is_said(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Connection.objects.update(opened_at=hours(-1))
    assert "The gateway knows no reason" in page(admin_client, charge_point)


def test_a_charger_that_was_away_before_the_night_began_was_offline_in_it(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Connection.objects.all().delete()
    connected(charge_point, -5, -3)
    connected(charge_point, 4)
    shown = page(admin_client, charge_point)
    assert "The charger was offline for 4 hours" in shown
    assert "From 28 Nov 18:00 UTC to 28 Nov 22:00 UTC" in shown


def test_the_story_of_a_flapping_charger_takes_no_more_queries(
    admin_client: Client, bus_42: ChargePoint, django_assert_max_num_queries: Any
) -> None:
    for number in range(100):
        connected(bus_42, 5 + number / 100, 5.005 + number / 100)
    with django_assert_max_num_queries(40):
        page(admin_client, bus_42)


def test_a_night_that_charged_says_so_first(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Connection.objects.update(opened_at=hours(-1))
    Transaction.objects.create(
        charge_point=charge_point,
        transaction_id="8",
        evse_id=1,
        started_at=hours(1),
        ended_at=hours(5),
        meter_start_wh=0,
        meter_stop_wh=42_000,
    )
    shown = page(admin_client, charge_point)
    assert "It did charge" in shown and "42.0 kWh" in shown


def test_messages_without_news_are_folded_into_counts(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    for number in range(3):
        Message.objects.create(
            charge_point=charge_point,
            direction="in",
            action="Heartbeat",
            message_id=str(number),
            request="[]",
            outcome="result",
            started_at=hours(number),
        )
    StatusChange.objects.create(
        charge_point=charge_point,
        evse_id=1,
        connector_id=1,
        status="faulted",
        ocpp_status="Faulted",
        error_code="GroundFailure",
        reported_at=hours(1),
        received_at=hours(1),
    )
    shown = page(admin_client, charge_point)
    assert "3 Heartbeat" in shown
    assert "Connector 1 changed to Faulted (GroundFailure)." in shown


@pytest.mark.parametrize(
    "query", ["from=never&to=9999-99-99", "from=2026-11-29T08:00&to=2026-11-28"]
)
def test_a_span_that_is_none_is_a_night(
    admin_client: Client, charge_point: ChargePoint, query: str
) -> None:
    url = reverse("admin:chargepoints_chargepoint_story", args=[charge_point.pk])
    assert admin_client.get(f"{url}?{query}").status_code == 200


def test_a_viewer_may_read_it(as_role: AsRole, charge_point: ChargePoint) -> None:
    assert page(as_role("viewer"), charge_point)


async def test_who_decided_about_a_token_is_kept_with_cores_share(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    core.decisions.tokens["BLOCKED-1"] = {"status": "blocked"}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("Authorize", {"idTag": "BLOCKED-1"})
        row = TokenDecision.objects.get(charge_point=cp.row)
        assert (row.status, row.decided_by, row.action) == ("blocked", "core", "Authorize")
        assert row.core_ms is not None and row.core_ms > 0
        asked = core.journal.decisions[-1]
        assert row.trace_id in asked.headers["traceparent"]
        core.fail(path="/authorize", status=500)
        await cp.call("Authorize", {"idTag": "UNHEARD-1"})
        latest = TokenDecision.objects.filter(charge_point=cp.row).first()
        assert latest is not None and latest.decided_by == "policy"
        assert "500" in latest.core_error


def test_what_was_odd_stands_where_it_came_first_with_how_often(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    for hour in (1, 2):
        trace(charge_point, started_at=hours(hour), deviations=["time_without_zone"])
    shown = page(admin_client, charge_point)
    assert "Heartbeat was odd: time without zone, 2 times in this time." in shown
    assert shown.count("Heartbeat was odd") == 1


@pytest.mark.parametrize(("status", "tone"), [("Accepted", "plain"), ("Pending", "warn")])
def test_a_boot_says_why_and_what_it_was_told(
    admin_client: Client, charge_point: ChargePoint, status: str, tone: str
) -> None:
    boot = '{"reason":"PowerUp","chargingStation":{"vendorName":"Acme","model":"Wall"}}'
    trace(
        charge_point,
        "BootNotification",
        started_at=hours(1),
        request=f'[2,"1","BootNotification",{boot}]',
        reply=f'[3,"1",{{"status":"{status}"}}]',
    )
    shown = page(admin_client, charge_point)
    text = f"The charger booted (PowerUp, Acme Wall), and was told {status} after 3 ms."
    assert text in shown
    assert f'cp-{tone}" title="">boot' in shown


def test_a_transaction_of_the_night_shows_its_curve(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    charge(charge_point, started_at=hours(1))
    assert "Power and state of charge over time" in page(admin_client, charge_point)


def test_in_the_night_that_has_an_hour_twice_each_time_says_which(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Site.objects.create(name="Depot", time_zone="Europe/Amsterdam")
    ChargePoint.objects.filter(pk=charge_point.pk).update(site="Depot")
    for hour in (0, 1, 2):
        at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        trace(charge_point, "BootNotification", started_at=at)
    url = reverse("admin:chargepoints_chargepoint_story", args=[charge_point.pk])
    shown = admin_client.get(f"{url}?from=2026-10-24T18:00&to=2026-10-25T08:00").content.decode()
    for time in ("25 Oct 02:30:00 CEST", "25 Oct 02:30:00 CET", "25 Oct 03:30:00<"):
        assert time in shown
    # From the second of these hours on; a link says so, a form cannot.
    later = admin_client.get(f"{url}?from=2026-10-25T02:30%2B01:00").content.decode()
    assert "02:30:00 CEST" not in later and "02:30:00 CET" in later


def test_of_many_that_charged_the_last_are_named(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    for number in range(5):
        started = hours(1 + number)
        charge(charge_point, str(number), started_at=started, id_token=f"CARD-{number}")
    shown = page(admin_client, charge_point)
    assert "5 transactions, 12.5 kWh. The last: 2.5 kWh for token CARD-2 from" in shown
    assert "for token CARD-1 from 28 Nov" not in shown
