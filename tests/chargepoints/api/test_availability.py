"""The availability of connectors, as core asks for it."""

import csv
import io

import pytest
from django.utils import timezone

from chargepoints.models import ChargePoint
from tests.chargepoints.admin.test_availability import one
from tests.chargepoints.api.client import ApiClient

DAY_S = 86_400


@pytest.fixture(autouse=True)
def charge_points(db: None) -> list[ChargePoint]:
    """Each was faulted for a day of November 2025, and up for the rest of it."""
    return [one("CP-1", site="North"), one("CP-2", site="South", external_id="core-2")]


def test_the_seconds_of_a_month_add_up(client: ApiClient) -> None:
    answer = client.get("/availability?month=2025-11")
    assert answer.status_code == 200, answer.content
    first, second = answer.json()["results"]
    assert first == {
        "charge_point": "CP-1",
        "external_id": "",
        "evse_id": 1,
        "connector_id": 1,
        "month": "2025-11",
        "begin": "2025-11-01T00:00:00.000Z",
        "end": "2025-12-01T00:00:00.000Z",
        "availability": 0.96667,
        "up_s": 29 * DAY_S,
        "down_s": DAY_S,
        "faulted_s": DAY_S,
        "unavailable_s": 0,
        "offline_s": 0,
        "unknown_s": 0,
        "maintenance_s": 0,
        "gateway_s": 0,
    }
    assert (second["charge_point"], second["external_id"]) == ("CP-2", "core-2")


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ("site=North", ["CP-1"]),
        ("external_id=core-2", ["CP-2"]),
        ("charge_point=cp-2", ["CP-2"]),
        ("charge_point=nobody", []),
    ],
)
def test_it_is_narrowed_as_other_lists_are(
    client: ApiClient, narrowed: str, found: list[str]
) -> None:
    rows = client.get(f"/availability?month=2025-11&{narrowed}").json()["results"]
    assert [row["charge_point"] for row in rows] == found


def test_a_charge_point_has_its_own(client: ApiClient) -> None:
    [row] = client.get("/charge-points/cp-1/availability?month=2025-11").json()["results"]
    assert row["charge_point"] == "CP-1"
    assert client.get("/charge-points/CP-9/availability?month=2025-11").status_code == 404


def test_it_comes_in_pages(client: ApiClient) -> None:
    page = client.get("/availability?month=2025-11&limit=1").json()
    assert [row["charge_point"] for row in page["results"]] == ["CP-1"]
    page = client.get(page["next"]).json()
    assert [row["charge_point"] for row in page["results"]] == ["CP-2"]
    assert page["next"] is None


def test_months_begin_where_the_site_is(client: ApiClient) -> None:
    query = "month=2025-11&time_zone=Europe/Amsterdam&site=North"
    [row] = client.get(f"/availability?{query}").json()["results"]
    assert row["begin"] == "2025-10-31T23:00:00.000Z"


@pytest.mark.parametrize("query", ["?month=", "?month=2025-13", "?month=2025-11&time_zone=CEST"])
def test_what_is_no_month_is_refused(client: ApiClient, query: str) -> None:
    for path in ("/availability", "/availability/export.csv", "/charge-points/CP-1/availability"):
        assert client.get(path + query).status_code == 400


def test_without_a_month_it_is_the_present_one(client: ApiClient) -> None:
    [row] = client.get("/charge-points/CP-1/availability").json()["results"]
    assert row["month"] == f"{timezone.now():%Y-%m}"
    assert row["begin"] == f"{timezone.now():%Y-%m}-01T00:00:00.000Z"


def test_all_of_it_is_a_csv_file(client: ApiClient) -> None:
    answer = client.get("/availability/export.csv?month=2025-11")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["charge_point"], row["up_s"]) for row in rows] == [
        ("CP-1", str(29 * DAY_S)),
        ("CP-2", str(29 * DAY_S)),
    ]
