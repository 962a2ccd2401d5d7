"""One box for whatever somebody calls with."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.models import ChargePoint, Command, IdToken
from chargepoints.roles import VIEWER
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, charge, trace

URL = "/admin/chargepoints/chargepoint/find/"


def goes_to(client: Client, term: str) -> str:
    answer = client.get(URL, {"q": term})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).removeprefix("/admin/chargepoints/")


@pytest.fixture
def bus(make_charge_point: MakeChargePoint) -> ChargePoint:
    return make_charge_point("BUS-42", name="Gate 7", serial_number="SN-0815")


def test_one_thing_alone_is_gone_to(admin_client: Client, bus: ChargePoint) -> None:
    transaction = charge(bus, "Tx-17")
    message = trace(bus, message_id="m-0001")
    command = Command.objects.create(
        charge_point=bus,
        type="reset",
        requested_by="core",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    page = f"chargepoint/{bus.pk}/"
    for term in ("bus-42", "US-4", "gate 7", "sn-0815", " BUS-42 "):
        assert goes_to(admin_client, term) == page
    assert goes_to(admin_client, "tx-17") == f"transaction/{transaction.pk}/change/"
    assert goes_to(admin_client, "04a1b2c3") == "chargepoint/story/?token=04a1b2c3"
    assert goes_to(admin_client, str(command.pk)) == f"command/{command.pk}/change/"
    assert goes_to(admin_client, "m-0001") == f"message/{message.pk}/change/"


def test_a_token_that_never_charged_has_its_story_too(admin_client: Client) -> None:
    IdToken.objects.create(value="CARD-1", type="", status="blocked")
    assert goes_to(admin_client, "card-1") == "chargepoint/story/?token=card-1"


def test_of_several_things_one_chooses(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    for identity in ("BUS-1", "BUS-2"):
        charge(make_charge_point(identity), "17")
    page = admin_client.get(URL, {"q": "17"}).content.decode()
    assert "17 of BUS-1" in page
    assert "17 of BUS-2" in page


def test_what_is_called_so_too_often_is_in_a_list(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    for number in range(21):
        charge(make_charge_point(f"BUS-{number}"), "17")
    for term, listed in (("bus-", "chargepoint"), ("17", "transaction")):
        page = admin_client.get(URL, {"q": term}).content.decode()
        assert f'href="/admin/chargepoints/{listed}/?q={term}"' in page
        assert "More than 20: open the list" in page


@pytest.mark.parametrize("term", ["%", "_", "%25", "\\"])
def test_a_sign_that_databases_know_is_a_sign_like_others(
    admin_client: Client, bus: ChargePoint, term: str
) -> None:
    assert "Nothing was found." in admin_client.get(URL, {"q": term}).content.decode()


def test_nothing_is_said_plainly_and_so_is_what_to_enter(admin_client: Client) -> None:
    assert "Nothing was found." in admin_client.get(URL, {"q": "nobody"}).content.decode()
    assert "Enter a charge point" in admin_client.get(URL).content.decode()


def test_a_search_takes_few_queries(
    admin_client: Client, bus: ChargePoint, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14):
        admin_client.get(URL, {"q": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"})


def test_the_box_stands_beside_every_page_of_those_who_may_see_charge_points(
    as_role: AsRole,
) -> None:
    assert f'action="{URL}"' in as_role(VIEWER).get("/admin/").content.decode()
