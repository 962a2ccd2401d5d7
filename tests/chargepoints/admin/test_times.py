"""Whose times the admin shows."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chargepoints.models import ChargePoint, Message, Site
from tests.chargepoints.admin.conftest import AsRole, charge, make, trace
from tests.chargepoints.admin.night import refused
from tests.chargepoints.admin.past import a_past

# In Amsterdam the clocks went back on the 25th of October.
AT_NIGHT = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)


@pytest.fixture
def depot(db: None) -> ChargePoint:
    Site.objects.create(name="Depot", time_zone="Europe/Amsterdam")
    return make("CP-1", site="Depot")


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def story(
    charge_point: ChargePoint, span: str = "from=2026-11-28T18:00&to=2026-11-29T08:00"
) -> str:
    return f"/admin/chargepoints/chargepoint/{charge_point.pk}/story/?{span}"


def test_a_story_is_told_in_the_times_of_the_site(admin_client: Client, depot: ChargePoint) -> None:
    charge(depot, started_at=AT_NIGHT)
    page = text(admin_client, story(depot))
    assert "29 Nov 00:30" in page
    assert "Times in Europe/Amsterdam" in page
    assert "From (Europe/Amsterdam)" in page


def test_the_span_that_is_asked_for_is_in_the_times_of_the_site(
    admin_client: Client, depot: ChargePoint
) -> None:
    charge(depot, started_at=AT_NIGHT)
    assert "29 Nov 00:30:00" in text(admin_client, story(depot, "from=2026-11-29T00:00"))
    assert "29 Nov 00:30:00" not in text(admin_client, story(depot, "from=2026-11-29T01:00"))


def test_each_person_may_read_times_of_their_own(admin_client: Client, depot: ChargePoint) -> None:
    charge(depot, started_at=AT_NIGHT)
    for zone, shown in (("America/New_York", "18:30"), ("UTC", "23:30"), ("", "00:30")):
        chosen = admin_client.post("/admin/chargepoints/site/times/", {"time_zone": zone})
        assert chosen.status_code == 302
        assert f"{shown}:00" in text(admin_client, story(depot))


def test_what_somebody_chose_is_there_at_the_next_sign_in(
    admin_client: Client, depot: ChargePoint, admin_user: User
) -> None:
    admin_client.post("/admin/chargepoints/site/times/", {"time_zone": "Asia/Tokyo"})
    admin_client.logout()
    admin_client.force_login(admin_user)
    assert "Times in Asia/Tokyo" in text(admin_client, "/admin/")


def test_a_list_of_sites_whose_time_zones_differ_is_in_utc(
    admin_client: Client, depot: ChargePoint
) -> None:
    transactions = "/admin/chargepoints/transaction/"
    charge(depot, started_at=AT_NIGHT)
    assert "2026-11-29 00:30:00" in text(admin_client, transactions)
    Site.objects.create(name="Far depot", time_zone="Asia/Tokyo")
    assert "2026-11-28 23:30:00" in text(admin_client, transactions)


def test_all_pages_of_a_charge_point_are_in_the_times_of_its_site(
    admin_client: Client, depot: ChargePoint
) -> None:
    Site.objects.create(name="Far depot", time_zone="Asia/Tokyo")
    message = trace(depot, started_at=AT_NIGHT)
    ChargePoint.objects.filter(pk=depot.pk).update(booted_at=AT_NIGHT)
    for page in (
        f"message/?charge_point__id__exact={depot.pk}",
        f"message/{message.pk}/change/",
        f"chargepoint/{depot.pk}/change/",
    ):
        shown = text(admin_client, f"/admin/chargepoints/{page}")
        assert "2026-11-29 00:30:00" in shown and "Times in Europe/Amsterdam" in shown, page
    assert "2026-11-28 23:30:00" in text(admin_client, "/admin/chargepoints/message/")


def test_frames_and_the_api_stay_in_utc(admin_client: Client, depot: ChargePoint) -> None:
    trace(depot, started_at=AT_NIGHT, request='[2,"1","Heartbeat",{"at":"2026-11-28T23:30:00Z"}]')
    row = Message.objects.get(charge_point=depot)
    assert "2026-11-28T23:30:00Z" in text(
        admin_client, f"/admin/chargepoints/message/{row.pk}/change/"
    )


def test_a_time_zone_that_there_is_not_is_refused(admin_client: Client, db: None) -> None:
    for path, body in (
        ("/admin/chargepoints/site/times/", {"time_zone": "Mars/Olympus"}),
        ("/admin/chargepoints/site/add/", {"name": "X", "time_zone": "Mars/Olympus"}),
    ):
        answer = admin_client.post(path, body)
        assert answer.status_code == 200
        assert "Mars/Olympus is not one of the available choices" in answer.content.decode()
    assert not Site.objects.exists()


def test_a_viewer_chooses_times_but_sets_none_of_a_site(
    as_role: AsRole, depot: ChargePoint
) -> None:
    viewer = as_role("viewer")
    assert viewer.post("/admin/chargepoints/site/times/", {"time_zone": "UTC"}).status_code == 302
    body = {"name": "Depot", "time_zone": "UTC"}
    site = Site.objects.get()
    changed = viewer.post(f"/admin/chargepoints/site/{site.pk}/change/", body)
    assert changed.status_code == 403


@pytest.mark.parametrize("form", ["maintenancewindow", "apikey", "idtoken"])
def test_a_form_says_in_whose_times_a_moment_is_taken(
    admin_client: Client, depot: ChargePoint, form: str
) -> None:
    page = text(admin_client, f"/admin/chargepoints/{form}/add/")
    assert re.search(r">\s*in Europe/Amsterdam\s*<", page)


def test_a_transaction_leads_to_the_story_around_it(
    admin_client: Client, depot: ChargePoint
) -> None:
    row = charge(depot, started_at=AT_NIGHT, ended_at=AT_NIGHT)
    page = text(admin_client, f"/admin/chargepoints/transaction/{row.pk}/change/")
    span = "from=2026-11-29T00%3A15&amp;to=2026-11-29T00%3A45"
    assert f"/admin/chargepoints/chargepoint/{depot.pk}/story/?{span}" in page


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        ({"from_0": "2026-11-29", "from_1": "00:30:00"}, True),
        ({"from_0": "2026-11-29", "from_1": "00:30:01"}, False),
        ({"from_0": "2026-11-29", "to_0": "2026-11-29"}, True),
        ({"to_0": "2026-11-28"}, False),
        ({"from_0": "yesterday"}, True),
    ],
)
def test_a_span_that_is_filtered_by_is_in_the_times_of_the_page(
    admin_client: Client, depot: ChargePoint, span: dict[str, str], shown: bool
) -> None:
    charge(depot, transaction_id="TX-OF-THE-NIGHT", started_at=AT_NIGHT)
    query = "&".join(f"started_at_{name}={value}" for name, value in span.items())
    page = text(admin_client, f"/admin/chargepoints/transaction/?{query}")
    assert ("TX-OF-THE-NIGHT" in page) == shown


HISTORIES = {
    "message": "started_at",
    "metervalue": "received_at",
    "event": "received_at",
    "tokendecision": "asked_at",
    "statuschange": "received_at",
    "connection": "opened_at",
    "monitoringevent": "received_at",
    "securityevent": "received_at",
    "command": "created_at",
    "handshakerefusal": "last_at",
}


@pytest.mark.parametrize("history", HISTORIES)
def test_every_history_is_filtered_by_time(
    admin_client: Client, charge_point: ChargePoint, history: str
) -> None:
    a_past(charge_point, "text")
    refused(charge_point, 0)
    today, column = f"{timezone.now():%Y-%m-%d}", HISTORIES[history]
    # The last decision is of another day.
    since, until = ("2026-11-28", today) if history == "tokendecision" else (today, today)

    def found(query: str) -> int:
        answer = admin_client.get(f"/admin/chargepoints/{history}/?{query}")
        return len(answer.context["cl"].result_list)

    assert found(f"{column}_from_0={since}&{column}_to_0={until}") > 0
    assert found(f"{column}_to_0=2026-11-27") == 0
    assert found(f"{column}_from_0=2999-01-01") == 0
