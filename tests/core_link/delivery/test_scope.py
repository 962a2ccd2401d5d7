"""Endpoints that are told of some charge points only."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from chargepoints.models import ChargePoint
from chargepoints.services.stations.registry import register
from core_link import endpoints, resending, undelivered
from core_link.models import Endpoint
from tests.chargepoints.api.client import ApiClient
from tests.core_link.delivery.delivering import deliver_once, tell
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fleet(settings: Settings) -> list[ChargePoint]:
    settings.ALLOW_PRIVATE_ENDPOINTS = True
    return [register("N-1", site="North"), register("S-1", site="South"), register("S-2")]


def told_of(core: FakeCore) -> list[tuple[str, int]]:
    return [(event["charge_point"], event["sequence"]) for event in core.journal.events]


def test_an_endpoint_is_told_of_its_site_and_of_the_charge_points_it_names(
    fleet: list[ChargePoint],
) -> None:
    with FakeCore() as core:
        body = {"name": "north", "url": f"{core.url}/events"}
        made = ApiClient().post("/endpoints", body | {"sites": ["North"], "charge_points": ["s-2"]})
        assert made.status_code == 201, made.json()
        assert (made.json()["sites"], made.json()["charge_points"]) == (["North"], ["s-2"])
        for charge_point in fleet:
            tell(charge_point, 2)
        deliver_once()
        assert sorted(told_of(core)) == [("N-1", 1), ("N-1", 2), ("S-2", 1), ("S-2", 2)]
        assert endpoints.lag(Endpoint.objects.get()).events == 0


def test_what_happened_while_it_was_not_told_of_a_charge_point_stays_untold(
    fleet: list[ChargePoint],
) -> None:
    north = fleet[0]
    client = ApiClient()
    with FakeCore() as core:
        body = {"name": "north", "url": f"{core.url}/events", "sites": ["North"]}
        path = f"/endpoints/{client.post('/endpoints', body).json()['id']}"
        tell(north)
        deliver_once()
        assert client.patch(path, {"sites": ["South"]}).status_code == 200
        tell(north)
        deliver_once()
        assert client.patch(path, {"sites": []}).json()["sites"] == []
        tell(north)
        deliver_once()
        assert told_of(core) == [("N-1", 1), ("N-1", 3)]


def test_what_is_sent_again_is_of_its_own_charge_points(fleet: list[ChargePoint]) -> None:
    with FakeCore() as core:
        endpoint, _ = endpoints.add("north", f"{core.url}/events", sites=["North"])
        for charge_point in fleet:
            tell(charge_point)
        deliver_once()
        assert resending.resend_range(endpoint, 1, 3) == 1
        deliver_once()
        assert told_of(core) == [("N-1", 1), ("N-1", 1)]


def test_a_charge_point_is_removed_though_others_wait_for_theirs(fleet: list[ChargePoint]) -> None:
    endpoint, _ = endpoints.add("north", "https://core.example/events", sites=["North"])
    north, south, _ = fleet
    for charge_point in fleet:
        tell(charge_point)
    assert undelivered.waits(north, endpoint)
    assert not undelivered.waits(south, endpoint)
    client = ApiClient()
    assert client.delete("/charge-points/S-1").status_code == 204
    assert client.delete("/charge-points/N-1").status_code == 409


@pytest.mark.parametrize("wrong", [{"charge_points": ["N-2"]}, {"sites": "North"}])
def test_what_names_no_charge_point_is_refused(fleet: list[ChargePoint], wrong: Any) -> None:
    body = {"name": "x", "url": "https://core.example/events"}
    answer = ApiClient().post("/endpoints", body | wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_staff_choose_whose_events_an_endpoint_is_told_of(
    fleet: list[ChargePoint], admin_client: Client
) -> None:
    form = {"name": "north", "url": "https://core.example/events", "sites": "North\nEast"}
    path = "/admin/core_link/endpoint/add/"
    refused = admin_client.post(path, form | {"charge_points": "N-1, nobody"})
    assert "No charge point is called nobody." in refused.content.decode()
    admin_client.post(path, form | {"charge_points": "N-1, S-2"})
    endpoint = Endpoint.objects.get()
    assert (endpoint.sites, endpoint.charge_points) == (["North", "East"], ["N-1", "S-2"])
    page = admin_client.get(f"/admin/core_link/endpoint/{endpoint.pk}/change/")
    assert "North\nEast" in page.content.decode()
