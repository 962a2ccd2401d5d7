"""Names of fields, as lists and forms show them."""

from django.test import Client

from chargepoints.models import ChargePoint
from tests.chargepoints.admin.past import a_past


def test_abbreviations_in_a_list_are_written_as_such(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    a_past(charge_point, "text")
    page = admin_client.get("/admin/chargepoints/statuschange/").content.decode()
    assert "EVSE ID" in page and "Evse" not in page


def test_abbreviations_in_a_form_are_written_as_such(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    url = f"/admin/chargepoints/chargepoint/{charge_point.pk}/change/"
    page = admin_client.get(url).content.decode()
    assert "ICCID" in page and "External ID" in page
