"""Availability on the pages of staff, and as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from chargepoints.models import ChargePoint, Connection, Connector, Evse, Site, Status, StatusChange
from chargepoints.services.stations import registry

FLEET = "/admin/chargepoints/chargepoint/availability/"
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)


@pytest.fixture
def faulty(db: None) -> ChargePoint:
    """A charge point that was faulted for a day of November, and up for the rest of it."""
    return one("CP-1", site="North")


def one(identity: str, **fields: Any) -> ChargePoint:
    row = registry.register(identity, **fields)
    Connector.objects.create(evse=Evse.objects.create(charge_point=row, evse_id=1))
    opened_at = BEGIN - timedelta(days=2)
    Connection.objects.create(
        id=(int(opened_at.timestamp() * 1_000_000) << 10) + row.pk,
        charge_point=row,
        opened_at=opened_at,
    )
    changes = ((-2, Status.AVAILABLE), (3, Status.FAULTED), (4, Status.AVAILABLE))
    for days, status in changes:
        at = BEGIN + timedelta(days=days)
        StatusChange.objects.create(
            id=int(at.timestamp()) * 1000 + row.pk,  # as they come in, whosever they are
            charge_point=row,
            evse_id=1,
            connector_id=1,
            status=status,
            reported_at=at,
            received_at=at,
        )
    return row


def lines(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.get(f"{FLEET}export/?{query}")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_the_page_of_the_fleet_says_how_long_each_connector_was_up(
    admin_client: Client, faulty: ChargePoint
) -> None:
    page = admin_client.get(FLEET, {"month": "2025-11"}).content.decode()
    assert "96.66 %" in page
    assert "faulted 24 h" in page and "696 h" in page
    assert f"/admin/chargepoints/chargepoint/{faulty.pk}/availability/?month=2025-11" in page


def test_the_page_of_the_fleet_is_that_of_a_site(admin_client: Client, faulty: ChargePoint) -> None:
    one("CP-2", site="South")
    page = admin_client.get(FLEET, {"month": "2025-11", "site": "South"}).content.decode()
    assert "CP-2" in page and "CP-1" not in page
    assert [row["charge_point"] for row in lines(admin_client, "month=2025-11&site=North")] == [
        "CP-1"
    ]


def test_a_fleet_is_shown_a_page_at_a_time(
    admin_client: Client, db: None, django_assert_max_num_queries: Any
) -> None:
    for number in range(25):
        one(f"CP-{number:02}")
    with django_assert_max_num_queries(45):
        first = admin_client.get(FLEET, {"month": "2025-11"}).content.decode()
    assert "CP-19" in first and "CP-20" not in first and "Page 1 of 2" in first
    second = admin_client.get(FLEET, {"month": "2025-11", "p": "2"}).content.decode()
    assert "CP-20" in second and "CP-19" not in second
    assert len(lines(admin_client, "month=2025-11")) == 25


def test_the_page_of_a_charge_point_has_its_months(
    admin_client: Client, faulty: ChargePoint
) -> None:
    url = f"/admin/chargepoints/chargepoint/{faulty.pk}/availability/"
    page = admin_client.get(url, {"month": "2025-12"}).content.decode()
    assert "2025-12" in page and "2025-11" in page and "2025-10" in page
    assert "2025-09" not in page  # of which nothing is known
    assert "100.00 %" in page and "96.66 %" in page
    answer = admin_client.get(url, {"month": "not a month"})
    assert answer.status_code == 200


def test_months_are_those_of_the_site(admin_client: Client, faulty: ChargePoint) -> None:
    Site.objects.create(name="North", time_zone="Europe/Amsterdam")
    [row] = lines(admin_client, "month=2025-11&site=North")
    assert row["begin"] == "2025-10-31T23:00:00.000Z"
    assert row["end"] == "2025-11-30T23:00:00.000Z"
    assert (row["faulted_s"], row["down_s"], row["availability"]) == ("86400", "86400", "0.96667")


def test_the_list_of_sites_leads_to_it(admin_client: Client, faulty: ChargePoint) -> None:
    Site.objects.create(name="North", time_zone="UTC")
    page = admin_client.get("/admin/chargepoints/site/").content.decode()
    assert f"{FLEET}?site=North" in page


def test_what_a_charger_is_called_is_no_formula_in_the_file(admin_client: Client, db: None) -> None:
    one("=1+1", site="=2+2")
    [row] = lines(admin_client, "month=2025-11")
    assert (row["charge_point"], row["site"]) == ("'=1+1", "'=2+2")


def test_only_staff_who_may_look_at_charge_points_see_it(
    client: Client, faulty: ChargePoint
) -> None:
    for url in (
        FLEET,
        f"{FLEET}export/",
        f"/admin/chargepoints/chargepoint/{faulty.pk}/availability/",
    ):
        assert client.get(url).status_code == 302
