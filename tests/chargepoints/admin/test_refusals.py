"""The inbox of refused handshakes."""

from typing import Any

import pytest
from django.test import Client

from chargepoints.models import ChargePoint, HandshakeRefusal
from chargepoints.roles import ENGINEER, OPERATOR
from tests.chargepoints.admin.conftest import AsRole

URL = "/admin/chargepoints/handshakerefusal/"


def refuse(identity: str, reason: str = "unknown_identity", **fields: Any) -> HandshakeRefusal:
    return HandshakeRefusal.objects.create(
        identity=identity,
        reason=reason,
        **{
            "address": "203.0.113.7",
            "remedy": "Register the charge point, or correct its URL.",
            "status_code": 404,
            "path": f"/ocpp/{identity}",
            "count": 3,
            **fields,
        },
    )


def test_an_unknown_identity_is_offered_for_registration(admin_client: Client) -> None:
    refuse("CP 9&x")
    page = admin_client.get(URL).content.decode()
    assert "203.0.113.7" in page
    assert "Register the charge point, or correct its URL." in page
    assert 'href="/admin/chargepoints/chargepoint/add/?identity=CP+9%26x"' in page


def test_a_known_identity_leads_to_its_charge_point(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    refuse("cp-1", "wrong_key", status_code=401)
    page = admin_client.get(URL).content.decode()
    assert f'href="/admin/chargepoints/chargepoint/{charge_point.pk}/"' in page
    assert "wrong key" in page


@pytest.mark.parametrize(
    ("reason", "page"),
    [
        ("wrong_key", "key/"),
        ("no_credentials", "key/"),
        ("no_common_protocol", "change/#id_pinned_protocol"),
        ("no_tls", "change/#id_security_profile"),
    ],
)
def test_what_mends_it_is_one_click_away(
    admin_client: Client, charge_point: ChargePoint, reason: str, page: str
) -> None:
    refuse("CP-1", reason, status_code=401)
    listed = admin_client.get(URL).content.decode()
    assert f'href="/admin/chargepoints/chargepoint/{charge_point.pk}/{page}"' in listed
    form = admin_client.get(f"/admin/chargepoints/chargepoint/{charge_point.pk}/{page}")
    assert page.partition("#")[2] in form.content.decode()


def test_nobody_is_led_to_a_page_that_they_may_not_use(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    refuse("CP-1", "wrong_key", status_code=401)
    refuse("STRANGER")
    for role, may in ((OPERATOR, False), (ENGINEER, True)):
        page = as_role(role).get(URL).content.decode()
        assert f'/admin/chargepoints/chargepoint/{charge_point.pk}/"' in page
        assert (f"/admin/chargepoints/chargepoint/{charge_point.pk}/key/" in page) == may
        assert ("chargepoint/add/?identity=STRANGER" in page) == may


def test_one_that_is_blocked_is_counted_and_shown_to_who_asks(as_role: AsRole) -> None:
    refusal = refuse("STRANGER")
    chosen = {"action": "block", "_selected_action": refusal.pk}
    operator, engineer = as_role(OPERATOR), as_role(ENGINEER)
    operator.post(URL, chosen)
    assert "STRANGER" in operator.get(URL).content.decode()
    engineer.post(URL, chosen)
    assert "STRANGER" not in engineer.get(URL).content.decode()
    assert "STRANGER" in engineer.get(f"{URL}?blocked=yes").content.decode()
    engineer.post(f"{URL}?blocked=yes", chosen | {"action": "unblock"})
    assert not HandshakeRefusal.objects.get().blocked


def test_a_long_identity_pushes_nothing_off_the_page(admin_client: Client) -> None:
    refuse("x" * 255, "invalid_identity", path="/ocpp/x")
    assert "x" * 49 not in admin_client.get(URL).content.decode()


def test_an_identity_that_cannot_be_one_is_not_offered(admin_client: Client) -> None:
    refuse("%%%", "invalid_identity")
    assert "/chargepoint/add/" not in admin_client.get(URL).content.decode()


def test_a_refusal_that_was_dealt_with_is_deleted_by_an_engineer(as_role: AsRole) -> None:
    refusal = refuse("CP-9")
    delete = f"{URL}{refusal.pk}/delete/"
    assert as_role(OPERATOR).post(delete, {"post": "yes"}).status_code == 403
    assert as_role(ENGINEER).post(delete, {"post": "yes"}).status_code == 302
    assert not HandshakeRefusal.objects.exists()
