"""Charge points from a CSV file, and the sheets for who sets them up."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chargepoints.models import ChargePoint
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, charge

URL = "/admin/chargepoints/chargepoint/import/"
PASSWORD = "a-password-of-20-char"
LINES = (
    "identity,name,site,password\r\nPIN-01,North,Depot,\r\nPIN-02,,Depot,a-password-of-20-char\r\n"
)


def look_at(client: Client, text: str) -> Any:
    file = SimpleUploadedFile("chargers.csv", text.encode())
    return client.post(URL, {"file": file})


def opens(row: ChargePoint, key: str) -> bool:
    stored = row.credentials.get()
    return bool(stored.matches(key.encode()))


def test_what_a_file_would_do_is_told_before_anything_is_done(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("PIN-02", name="", site="Elsewhere")
    page = look_at(admin_client, LINES).content.decode()
    assert "1 new, 1 changed, 0 as they are. Nothing has been changed yet." in page
    assert "registered, with a new key" in page
    assert "site changed; its key stays" in page
    assert ChargePoint.objects.get().site == "Elsewhere"


def test_a_file_registers_charge_points_whose_passwords_are_shown_once(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("PIN-03", name="Old")
    text = LINES + "PIN-03,New,Depot,another-password-20c\r\n"
    content = look_at(admin_client, text).context["content"]
    page = admin_client.post(URL, {"content": content}).content.decode()
    rows = {row.identity: row for row in ChargePoint.objects.all()}
    assert {name: row.site for name, row in rows.items()} == dict.fromkeys(
        ("PIN-01", "PIN-02", "PIN-03"), "Depot"
    )
    assert rows["PIN-03"].name == "New"
    shown = re.findall(r"<dt>Password</dt><dd><code>([^<]+)</code>", page)
    (made,) = [key for key in shown if key != PASSWORD]
    assert page.count("<svg") == 4
    assert "ws://testserver/ocpp/PIN-01" in page
    assert opens(rows["PIN-01"], made)
    assert opens(rows["PIN-02"], PASSWORD)
    assert opens(rows["PIN-03"], "a-key")
    again = look_at(admin_client, text).content.decode()
    assert "0 new, 0 changed, 3 as they are" in again
    assert made not in again


def test_one_wrong_line_takes_nothing(admin_client: Client) -> None:
    wrong = LINES + "bad identity!,,,\r\nPIN-09,,,short\r\npin-01,,,\r\n"
    page = look_at(admin_client, wrong).content.decode()
    assert "line 4: identity:" in page
    assert "line 5: password: has fewer than 16 characters" in page
    assert "line 6: an earlier line has the same key" in page
    page = admin_client.post(URL, {"content": wrong}).content.decode()
    assert "line 4: identity:" in page
    assert not ChargePoint.objects.exists()


def test_who_may_not_register_may_not_import(as_role: AsRole) -> None:
    for role, status in (("viewer", 403), ("operator", 403), ("engineer", 200)):
        assert as_role(role).get(URL).status_code == status


def test_a_charge_point_that_has_not_charged_shows_its_first_steps(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    row = make_charge_point("PIN-01", online=False, connectors=0)
    url = f"/admin/chargepoints/chargepoint/{row.pk}/"
    assert "Restart the charger" in admin_client.get(url).content.decode()
    charge(row)
    assert "Restart the charger" not in admin_client.get(url).content.decode()
