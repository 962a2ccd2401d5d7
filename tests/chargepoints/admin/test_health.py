"""The pages of health: the diagnosis, the proof, the button; and maintenance, which mutes them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chargepoints.database import storage
from chargepoints.models import ChargePoint, MaintenanceWindow
from chargepoints.roles import OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint

LIST = "/admin/chargepoints/chargepoint/"
WINDOWS = "/admin/chargepoints/maintenancewindow/"


def page_of(client: Client, charge_point: ChargePoint) -> str:
    return client.get(f"{LIST}{charge_point.pk}/").content.decode()


def window(**fields: Any) -> dict[str, Any]:
    now = timezone.now()
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=1)
    return {
        "charge_point": "",
        "site": "",
        "starts_at_0": f"{begins:%Y-%m-%d}",
        "starts_at_1": f"{begins:%H:%M}",
        "ends_at_0": f"{ends:%Y-%m-%d}",
        "ends_at_1": f"{ends:%H:%M}",
        "reason": "a new fuse",
        **fields,
    }


def test_a_charge_point_shows_what_is_wrong_with_the_proof_and_a_button(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    sick = make_charge_point("CP-1", clock_skew_s=7200)
    page = page_of(admin_client, sick)
    assert "Its clock is wrong, and so are the times that it reports." in page
    assert "Proof: <bdi>its clock is 7200 s ahead</bdi>" in page
    button = f"{LIST}bulk/?id={sick.pk}&command=trigger&args-message=Heartbeat"
    assert f'{button.replace("&", "&amp;")}">Trigger Heartbeat...</a>' in page
    form = admin_client.get(button)
    assert form.context["chosen"] == [sick]
    assert 'value="Heartbeat"' in form.content.decode()
    assert 'id="health"' not in page_of(admin_client, make_charge_point("CP-2"))


def test_the_page_of_health_counts_and_leads_to_the_charge_points(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("CP-1", clock_skew_s=7200)
    make_charge_point("CP-2")
    page = admin_client.get(f"{LIST}health/").content.decode()
    assert f'href="{LIST}?health=clock"><strong>1</strong>' in page
    listed = admin_client.get(f"{LIST}?health=clock")
    assert [row.identity for row in listed.context["cl"].result_list] == ["CP-1"]
    assert ">Clock off<" in listed.content.decode()


def test_maintenance_mutes_a_site_and_says_so(
    as_role: AsRole, make_charge_point: MakeChargePoint
) -> None:
    operator = as_role(OPERATOR)
    sick = make_charge_point("CP-1", site="North", clock_skew_s=7200)
    assert operator.post(f"{WINDOWS}add/", window(site="North")).status_code == 302
    kept = MaintenanceWindow.objects.get()
    assert kept.created_by == "staff:a-operator"
    page = page_of(operator, sick)
    assert "a new fuse" in page
    assert "Its clock is wrong, and so are the times that it reports." not in page
    assert f"{LIST}?health=clock" not in operator.get(f"{LIST}health/").content.decode()
    muted = operator.get(f"{LIST}?health=maintenance").context["cl"].result_list
    assert list(muted) == [sick]


def test_a_window_is_of_one_charge_point_or_of_a_site_and_ends_after_it_starts(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    for wrong in (
        window(),
        window(charge_point=charge_point.pk, site="North"),
        window(site="North", ends_at_0="2020-01-01"),
    ):
        answer = admin_client.post(f"{WINDOWS}add/", wrong)
        assert answer.context["adminform"].form.errors
    assert not MaintenanceWindow.objects.exists()
    admin_client.post(f"{WINDOWS}add/", window(charge_point=charge_point.pk))
    assert MaintenanceWindow.objects.get().charge_point == charge_point


def test_a_viewer_looks_and_mutes_nothing(
    as_role: AsRole, make_charge_point: MakeChargePoint
) -> None:
    sick = make_charge_point("CP-1", clock_skew_s=7200)
    viewer = as_role(VIEWER)
    page = page_of(viewer, sick)
    assert "Its clock is wrong, and so are the times that it reports." in page
    assert "command=trigger" not in page
    assert viewer.get(f"{LIST}health/").status_code == 200
    assert viewer.post(f"{WINDOWS}add/", window(site="North")).status_code == 403
    assert viewer.get(f"{LIST}bulk/?id={sick.pk}&command=trigger").status_code == 403


@pytest.mark.parametrize(("left", "said"), [(10, "low"), (50, "enough")])
def test_the_room_on_the_gateways_disks_is_part_of_health(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, left: int, said: str
) -> None:
    gigabyte = 2**30
    disks = {"files": (100 * gigabyte, left * gigabyte)}
    monkeypatch.setattr(storage, "disks", lambda: disks)
    page = admin_client.get(f"{LIST}health/").content.decode()
    assert f">{said}</span> {left}.0\xa0GB of 100.0\xa0GB left" in page
    warned = "The disk of the files is almost full" in admin_client.get("/admin/").content.decode()
    assert warned == (said == "low")
