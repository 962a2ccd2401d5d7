"""Where there is no page: what staff see instead, also in a page that asks for a part of itself."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from chargepoints.models import ChargePoint
from chargepoints.roles import VIEWER
from tests.chargepoints.admin.conftest import AsRole

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]


def page_of(charge_point: ChargePoint, page: str = "overview") -> str:
    return reverse(f"admin:chargepoints_chargepoint_{page}", args=[charge_point.pk])


def part_of(page: str) -> dict[str, str]:
    """The headers with which htmx asks for a part of this page."""
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}


def test_a_page_that_is_gone_is_a_page_with_the_menu(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page = page_of(charge_point)
    ChargePoint.objects.filter(pk=charge_point.pk).delete()
    answer = admin_client.get(page)
    assert answer.status_code == 404
    shown = answer.content.decode()
    assert "This page does not exist" in shown and reverse("admin:index") in shown


def test_a_page_that_the_role_may_not_see_says_so(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    answer = as_role(VIEWER).get(page_of(charge_point, "key"))
    assert answer.status_code == 403
    assert "You have no permission for this" in answer.content.decode()


def test_a_form_older_than_the_sign_in_says_that_nothing_was_changed() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "jane"})
    assert answer.status_code == 403
    assert "This page was out of date" in answer.content.decode()


def test_outside_the_admin_errors_show_no_page_of_it(client: Client) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404 and b"cp-panel" not in answer.content


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in_and_back(
    client: Client, charge_point: ChargePoint
) -> None:
    page = f"{page_of(charge_point, 'story')}?from=2026-11-28T18:00"
    answer = client.get(page_of(charge_point, "live"), headers=part_of(page))
    assert answer.status_code == 204 and not answer.content
    sign_in, _, query = answer["HX-Redirect"].partition("?")
    assert sign_in == "/admin/login/"
    assert QueryDict(query)["next"] == page


def test_the_way_back_leads_to_no_other_site(client: Client, charge_point: ChargePoint) -> None:
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example.com/x"}
    answer = client.get(page_of(charge_point, "live"), headers=elsewhere)
    assert answer["HX-Redirect"] == "/admin/login/?next=%2Fx"


def test_a_page_itself_is_redirected_to_the_sign_in(
    client: Client, charge_point: ChargePoint
) -> None:
    answer = client.get(page_of(charge_point))
    assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/?next=")


def test_the_page_of_a_charge_point_that_was_deleted_meanwhile_is_loaded_again(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page, part = page_of(charge_point), page_of(charge_point, "live")
    ChargePoint.objects.filter(pk=charge_point.pk).delete()
    answer = admin_client.get(part, headers=part_of(page))
    assert answer.status_code == 404 and answer["HX-Refresh"] == "true"


def test_a_form_in_a_page_that_is_refused_is_told_at_its_top(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    admin_client.handler.enforce_csrf_checks = True
    page = page_of(charge_point)
    answer = admin_client.post(page_of(charge_point, "command"), headers=part_of(page))
    assert answer.status_code == 403 and answer["HX-Refresh"] == "true"
    assert "This page was out of date" in admin_client.get(page).content.decode()
