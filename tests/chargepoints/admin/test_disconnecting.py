"""Closing the sockets of charge points in the admin."""

from django.test import Client

from chargepoints.models import ChargePoint
from chargepoints.roles import OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint

LIST = "/admin/chargepoints/chargepoint/"


def is_online(charge_point: ChargePoint) -> bool:
    charge_point.refresh_from_db()
    return charge_point.connection_id is not None


def test_one_is_disconnected_from_its_page(as_role: AsRole, charge_point: ChargePoint) -> None:
    operator = as_role(OPERATOR)
    url = f"{LIST}{charge_point.pk}/disconnect/"
    assert f'action="{url}"' in operator.get(f"{LIST}{charge_point.pk}/").content.decode()
    connection = charge_point.connection
    page = operator.post(url, follow=True).content.decode()
    assert "CP-1 is disconnected." in page
    assert not is_online(charge_point)
    assert connection is not None
    connection.refresh_from_db()
    assert connection.close_reason == "disconnected by staff:a-operator"
    assert "CP-1 has no open socket." in operator.post(url, follow=True).content.decode()


def test_those_that_were_chosen_are_disconnected(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    first, second = make_charge_point("CP-1"), make_charge_point("CP-2")
    other = make_charge_point("CP-3")
    chosen = {"action": "disconnect", "_selected_action": [first.pk, second.pk]}
    page = admin_client.post(LIST, chosen, follow=True).content.decode()
    assert "2 charge points are disconnected." in page
    assert [is_online(each) for each in (first, second, other)] == [False, False, True]


def test_a_viewer_disconnects_nobody(as_role: AsRole, charge_point: ChargePoint) -> None:
    viewer = as_role(VIEWER)
    assert viewer.post(f"{LIST}{charge_point.pk}/disconnect/").status_code == 403
    viewer.post(LIST, {"action": "disconnect", "_selected_action": [charge_point.pk]})
    assert is_online(charge_point)
    assert "disconnect/" not in viewer.get(f"{LIST}{charge_point.pk}/").content.decode()
