"""Registering charge points and changing their settings."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from chargepoints.models import ChargePoint, ChargePointCounters, HandshakeRefusal, Registration
from chargepoints.services.stations import registry
from chargepoints.services.stations.registry import changed
from tests.chargepoints.admin.conftest import MakeChargePoint

URL = "/admin/chargepoints/chargepoint/"
NO_KEYS = {"credentials-TOTAL_FORMS": "0", "credentials-INITIAL_FORMS": "0"}


def settings_of(charge_point: ChargePoint, **changes: Any) -> dict[str, Any]:
    """The settings form as a browser sends it."""
    return {
        "name": charge_point.name,
        "external_id": charge_point.external_id,
        "site": charge_point.site,
        "registration": charge_point.registration,
        "security_profile": str(charge_point.security_profile),
        "pinned_protocol": charge_point.pinned_protocol,
        "check_user_name": "on",
        "proactive": "on",
        "core_unreachable": "",
        "heartbeat_interval": "",
        **NO_KEYS,
        **changes,
    }


def test_only_what_was_changed_is_written(
    admin_client: Client, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway writes other columns between the form's reading and its saving."""

    def gateway_writes_first(row: ChargePoint, *fields: str) -> None:
        ChargePoint.objects.filter(pk=row.pk).update(
            connection=None, status="faulted", site="Elsewhere"
        )
        changed(row, *fields)

    monkeypatch.setattr("chargepoints.admin.charge_points.registry.changed", gateway_writes_first)
    before = charge_point.settings_changed_at
    form = settings_of(charge_point, name="Bay 7", registration="rejected")
    response = admin_client.post(f"{URL}{charge_point.pk}/change/", form)
    assert response.status_code == 302
    assert response["Location"] == f"{URL}{charge_point.pk}/"
    charge_point.refresh_from_db()
    assert charge_point.name == "Bay 7"
    assert charge_point.registration == Registration.REJECTED
    assert charge_point.settings_changed_at > before
    assert charge_point.connection_id is None
    assert charge_point.status == "faulted"
    assert charge_point.site == "Elsewhere"


class FormFields(HTMLParser):
    """What a browser would send of the page's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "select":
            self._select = has.get("name") or ""
        elif tag == "option" and "selected" in has and self._select:
            self.sent[self._select] = has.get("value") or ""
        elif tag == "input" and (has.get("type") != "checkbox" or "checked" in has):
            self.sent[has.get("name") or ""] = has.get("value") or ""


def test_two_people_who_change_different_things_undo_nothing_of_each_other(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    url = f"{URL}{charge_point.pk}/change/"
    one, other = (FormFields(admin_client.get(url).content.decode()).sent for _ in range(2))
    one |= {"name": "Bay 7", "registration": "rejected"}
    del one["proactive"]
    assert admin_client.post(url, one).status_code == 302
    assert admin_client.post(url, other | {"external_id": "core-7"}).status_code == 302
    charge_point.refresh_from_db()
    assert (charge_point.name, charge_point.external_id) == ("Bay 7", "core-7")
    assert (charge_point.registration, charge_point.proactive) == (Registration.REJECTED, False)


def test_what_the_charge_point_says_about_itself_cannot_be_edited(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    form = settings_of(charge_point, name="x", vendor="Forged", identity="OTHER")
    admin_client.post(f"{URL}{charge_point.pk}/change/", form)
    charge_point.refresh_from_db()
    assert charge_point.name == "x"
    assert charge_point.vendor == "Acme"
    assert charge_point.identity == "CP-1"


def test_the_pinned_protocol_is_one_that_is_installed(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    form = settings_of(charge_point, pinned_protocol="ocpp9.9")
    response = admin_client.post(f"{URL}{charge_point.pk}/change/", form)
    assert response.status_code == 200
    assert "pinned_protocol" in response.context["adminform"].form.errors


REGISTRATION = {
    "identity": "CP-9",
    "registration": "accepted",
    "security_profile": "1",
    "site": "North",
    "make_key": "on",
}


def test_a_registered_charge_point_has_its_counters_and_a_key_that_is_shown_once(
    admin_client: Client,
) -> None:
    response = admin_client.post(f"{URL}add/", REGISTRATION)
    assert response.status_code == 200
    key = response.context["key"]
    assert key in response.content.decode()
    assert "ws://testserver/ocpp/CP-9" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    charge_point = ChargePoint.objects.get(identity="CP-9")
    assert charge_point.site == "North"
    assert ChargePointCounters.objects.filter(charge_point=charge_point).exists()
    assert charge_point.credentials.get().matches(key.encode())
    assert key not in str(admin_client.session.items())
    assert key not in admin_client.get(f"{URL}{charge_point.pk}/").content.decode()


def test_a_charge_point_is_registered_without_a_key_where_none_is_wanted(
    admin_client: Client,
) -> None:
    form = {name: value for name, value in REGISTRATION.items() if name != "make_key"}
    response = admin_client.post(f"{URL}add/", form | {"security_profile": "0"})
    charge_point = ChargePoint.objects.get(identity="CP-9")
    assert response["Location"] == f"{URL}{charge_point.pk}/"
    assert not charge_point.credentials.exists()


def test_an_identity_that_is_taken_in_another_case_is_refused(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    response = admin_client.post(f"{URL}add/", REGISTRATION | {"identity": "cp-1"})
    assert response.status_code == 200
    assert "key" not in response.context
    assert response.context["adminform"].form.errors
    assert ChargePoint.objects.count() == 1


def test_the_form_is_filled_from_a_refused_handshake_which_is_then_dealt_with(
    admin_client: Client,
) -> None:
    HandshakeRefusal.objects.create(
        identity="cp-9",
        address="203.0.113.7",
        reason="unknown_identity",
        remedy="Register it.",
        status_code=404,
        path="/ocpp/cp-9",
    )
    form = admin_client.get(f"{URL}add/?identity=CP-9").content.decode()
    assert 'value="CP-9"' in form
    admin_client.post(f"{URL}add/", REGISTRATION)
    assert not HandshakeRefusal.objects.exists()


def test_only_a_charge_point_that_never_connected_can_be_deleted(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    used, unused = make_charge_point("USED"), registry.register("UNUSED", key="a-key")
    assert admin_client.post(f"{URL}{used.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"{URL}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(ChargePoint.objects.values_list("identity", flat=True)) == ["USED"]
