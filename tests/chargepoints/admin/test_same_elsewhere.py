"""What was odd about a charge point, and who else of its model and firmware does the same."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from chargepoints.models import ChargePoint, Status, StatusChange
from tests.chargepoints.admin.conftest import MakeChargePoint, charge, trace

NIGHT = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
SPAN = "?from=2026-11-28T18:00Z&to=2026-11-29T06:00Z"


@pytest.fixture
def others(make_charge_point: MakeChargePoint) -> list[ChargePoint]:
    """Two of the same firmware, one of another."""
    return [
        make_charge_point("SAME-1", firmware_version="1.0"),
        make_charge_point("SAME-2", firmware_version="1.0"),
        make_charge_point("NEWER", firmware_version="2.0"),
    ]


@pytest.fixture
def odd(make_charge_point: MakeChargePoint) -> ChargePoint:
    row = make_charge_point("ODD", firmware_version="1.0")
    trace(row, "MeterValues", deviations=["required:/meterValue"], started_at=NIGHT)
    trace(row, "MeterValues", deviations=["required:/meterValue"], started_at=NIGHT)
    fault(row, "GroundFailure")
    return row


def fault(row: ChargePoint, code: str) -> None:
    StatusChange.objects.create(
        charge_point=row,
        evse_id=1,
        connector_id=1,
        status=Status.FAULTED,
        error_code=code,
        reported_at=NIGHT,
        received_at=NIGHT,
    )


def part(client: Client, row: ChargePoint, span: str = SPAN) -> str:
    answer = client.get(f"/admin/chargepoints/chargepoint/{row.pk}/same/{span}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_others_that_do_the_same_are_counted_and_linked(
    admin_client: Client, odd: ChargePoint, others: list[ChargePoint]
) -> None:
    one, two, newer = others
    trace(one, "MeterValues", deviations=["required:/meterValue"])
    trace(newer, "MeterValues", deviations=["required:/meterValue"])
    fault(two, "GroundFailure")
    fault(newer, "GroundFailure")
    page = part(admin_client, odd)
    both = f"/admin/chargepoints/chargepoint/?id__in={one.pk}%2C{two.pk}"
    assert f'<a href="{both}">The same on 2</a>' in page
    assert "2 other charge points of this model and firmware" in page
    assert "MeterValues: /meterValue is missing" in page and "2 times" in page
    assert "fault GroundFailure" in page
    assert page.count(">1 charge point<") == 2
    found = admin_client.get(both).context["cl"].result_list
    assert {row.identity for row in found} == {"SAME-1", "SAME-2"}


def test_nobody_else_does_it(
    admin_client: Client, odd: ChargePoint, others: list[ChargePoint]
) -> None:
    assert "The same on none" in part(admin_client, odd)


def test_what_was_odd_at_another_time_is_not_told(admin_client: Client, odd: ChargePoint) -> None:
    page = part(admin_client, odd, "?from=2026-11-27T18:00Z&to=2026-11-28T06:00Z")
    assert "hidden" in page and "MeterValues" not in page


def test_the_story_and_a_transaction_ask_for_it(admin_client: Client, odd: ChargePoint) -> None:
    story = f"/admin/chargepoints/chargepoint/{odd.pk}/story/{SPAN}"
    assert f"/{odd.pk}/same/?from=" in admin_client.get(story).content.decode()
    transaction = charge(odd)
    url = f"/admin/chargepoints/transaction/{transaction.pk}/change/"
    assert f"/{odd.pk}/same/?from=" in admin_client.get(url).content.decode()
