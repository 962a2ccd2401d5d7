"""Every page of the admin, as every role: shown or refused, and never an error of ours."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse

from chargepoints.admin import holdings
from chargepoints.models import ChargePoint, FirmwareFile, QuirkProfile, SeenTls
from chargepoints.roles import ADMINISTRATOR, ENGINEER, OPERATOR, VIEWER
from core_link.models import Endpoint
from tests.chargepoints.admin.conftest import AsRole
from tests.chargepoints.admin.isolation import mixed
from tests.chargepoints.admin.past import a_past

OWN_PAGES = (
    *("overview", "live", "command", "key", "cancel", "close", "configuration", "profile"),
    *("availability", "frames", "connections", "same", "hold", *holdings.TABS),
)
TEXT = "\u202e<b>=1+1\u2028"
# Some pages only take what a form posts.
SHOWN_OR_REFUSED = {200, 302, 403, 405}


@pytest.fixture
def everything(charge_point: ChargePoint) -> None:
    a_past(charge_point, TEXT)
    QuirkProfile.objects.create(name=TEXT, vendor="", settings={"stack_level": 0})
    FirmwareFile.objects.create(name=TEXT)
    Endpoint.objects.create(name=TEXT, url="https://core.example.com/events")


def pages() -> Iterator[str]:
    """Of each model that is registered: its list, its form, and of one row its own pages."""
    yield reverse("admin:index")
    yield reverse("admin:auth_user_two_step")
    yield reverse("admin:auth_user_code")
    yield reverse("admin:chargepoints_chargepoint_health")
    yield reverse("admin:chargepoints_chargepoint_availabilities")
    yield reverse("admin:chargepoints_chargepoint_retention")
    yield reverse("admin:chargepoints_seentls_watch")
    yield reverse("admin:chargepoints_chargepoint_find", query={"q": TEXT})
    for chosen in ChargePoint.objects.all()[:1]:
        yield reverse("admin:chargepoints_chargepoint_bulk", query={"id": chosen.pk})
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=x"
        yield reverse(f"{name}_add")
        row = model._default_manager.first()
        if row is not None:
            yield from of_row(name, row)


def of_row(name: str, row: models.Model) -> Iterator[str]:
    for page in ("change", "history", "delete"):
        yield reverse(f"{name}_{page}", args=[row.pk])
    for page in OWN_PAGES:
        with suppress(NoReverseMatch):  # most models have no page of this name
            yield reverse(f"{name}_{page}", args=[row.pk])


def visit(client: Client, url: str) -> Any:
    answer = client.get(url)
    assert answer.status_code in SHOWN_OR_REFUSED, url
    return answer


@pytest.mark.usefixtures("everything")
# Two hundred pages of each: where there is more time.
@pytest.mark.parametrize(
    "role",
    [
        pytest.param(VIEWER, marks=pytest.mark.slow),
        pytest.param(OPERATOR, marks=pytest.mark.services),
        pytest.param(ENGINEER, marks=pytest.mark.services),
        pytest.param(ADMINISTRATOR, marks=pytest.mark.slow),
    ],
)
def test_every_page_is_shown_or_refused(as_role: AsRole, role: str) -> None:
    client = as_role(role)
    statuses = {url: visit(client, url).status_code for url in pages()}
    assert list(statuses.values()).count(200) > 20


@pytest.mark.slow
@pytest.mark.usefixtures("everything")
def test_text_from_elsewhere_turns_no_words_of_ours_round(as_role: AsRole) -> None:
    ChargePoint.objects.update(
        **dict.fromkeys(("name", "site", "vendor", "model", "firmware_version"), TEXT)
    )
    client = as_role(ADMINISTRATOR)
    answers = {url: visit(client, url) for url in pages()}
    found = [
        f"{url}: {each}"
        for url, answer in answers.items()
        if not answer.streaming
        for each in mixed(answer.content.decode())
    ]
    assert not found, "\n".join(found)


def test_every_list_is_in_the_menu(admin_client: Client) -> None:
    """But the one that a page of the menu leads to."""
    page = admin_client.get("/admin/").content.decode()
    menu = page[page.index('id="nav-sidebar"') :]
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model is not SeenTls
    }
    assert {each for each in lists if f'href="{each}"' not in menu} == set()


@pytest.mark.usefixtures("everything")
def test_nobody_who_is_not_staff_sees_a_page() -> None:
    client = Client()
    assert {visit(client, url).status_code for url in pages()} <= {302, 405}
