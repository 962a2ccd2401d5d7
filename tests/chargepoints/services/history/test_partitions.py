"""The trace in partitions: which are made, which are dropped as a whole, and what stays."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from chargepoints.database import partitions
from chargepoints.models import ChargePoint, HistoryHold, Message, Mirror
from chargepoints.services.history import forecast, old_partitions
from chargepoints.services.history.new_partitions import LEAST_ROWS
from chargepoints.services.stations.registry import register
from tests.chargepoints.database.things import in_use, one_partition

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

TABLE = Message._meta.db_table
# Ids that the sequence does not reach in these tests.
BEGIN = 10_000_000
SECOND, THIRD = BEGIN + 1_000, BEGIN + 2_000


@pytest.fixture(autouse=True)
def three_partitions(transactional_db: None) -> Iterator[None]:
    """One up to SECOND, one up to THIRD, and a last one."""
    one_partition(TABLE)  # other tests have pruned
    assert partitions.cut(TABLE, SECOND)
    assert partitions.cut(TABLE, THIRD)
    yield
    one_partition(TABLE)


@pytest.fixture
def charge_point() -> ChargePoint:
    return register("CP-1")


def said(charge_point: ChargePoint, begin: int, *days_ago: float) -> None:
    """Messages from the charger, with ids from `begin` on."""
    for number, days in enumerate(days_ago):
        Message.objects.create(
            pk=begin + number,
            charge_point=charge_point,
            direction="in",
            action="Heartbeat",
            request="[]",
            outcome="result",
            started_at=timezone.now() - timedelta(days=days),
        )


def begins() -> list[int | None]:
    return [each.begin for each in partitions.of(TABLE)]


def ids() -> list[int]:
    return list(Message.objects.order_by("pk").values_list("pk", flat=True))


def messages() -> forecast.Forecast:
    return next(each for each in forecast.forecasts(timezone.now()) if each.kind.model is Message)


def test_partitions_that_are_old_as_a_whole_are_dropped(charge_point: ChargePoint) -> None:
    said(charge_point, BEGIN, 120, 119, 95)
    said(charge_point, SECOND, 94, 91)
    said(charge_point, THIRD, 90.5, 1)
    call_command("prune")
    assert begins()[0] == THIRD
    assert ids() == [THIRD, THIRD + 1]


def test_rows_wait_for_the_last_of_their_partition_but_at_most_a_tenth_longer(
    charge_point: ChargePoint,
) -> None:
    assert old_partitions.days_longer(90) == 9
    said(charge_point, BEGIN, 110, 100, 98, 89)
    said(charge_point, SECOND, 1)
    call_command("prune")
    assert begins()[0] is None
    assert ids() == [BEGIN + 2, BEGIN + 3, SECOND]


def test_an_old_partition_that_may_still_be_written_to_stays(charge_point: ChargePoint) -> None:
    said(charge_point, BEGIN, 95, 94)
    call_command("prune")
    assert begins()[:2] == [None, SECOND]
    assert ids() == [BEGIN, BEGIN + 1]


def test_a_partition_with_rows_that_are_held_stays_and_the_others_go_one_by_one(
    charge_point: ChargePoint,
) -> None:
    held = register("HELD")
    HistoryHold.objects.create(charge_point=held, reason="a dispute", placed_by="staff:a")
    said(held, BEGIN, 120)
    said(charge_point, BEGIN + 1, 119, 95)
    said(charge_point, SECOND, 94)
    said(charge_point, THIRD, 91, 1)
    call_command("prune")
    assert begins()[:2] == [None, THIRD]
    assert ids() == [BEGIN, BEGIN + 2, THIRD, THIRD + 1]
    HistoryHold.objects.all().delete()
    call_command("prune")
    assert begins()[0] == THIRD
    assert ids() == [THIRD, THIRD + 1]


def test_messages_that_go_with_their_partition_before_a_mirror_was_told_them_are_counted(
    charge_point: ChargePoint,
) -> None:
    mirror = Mirror.objects.create(
        charge_point=charge_point, url="ws://127.0.0.1:9/other", told_through=BEGIN + 1
    )
    said(charge_point, BEGIN, 120, 119, 118, 117)
    said(register("WITHOUT-MIRROR"), BEGIN + 10, 117)
    said(charge_point, SECOND, 91)
    with in_use(TABLE), pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "ATTEMPTS", 1)
        patch.setattr(old_partitions, "days_longer", lambda days: 100)
        call_command("prune")
    mirror.refresh_from_db()
    assert (mirror.missed, begins()[0]) == (0, None)
    call_command("prune")
    mirror.refresh_from_db()
    assert (mirror.missed, begins()[0]) == (2, SECOND)


def test_a_charge_point_is_deleted_with_its_messages_in_all_partitions(
    charge_point: ChargePoint,
) -> None:
    other = register("OTHER")
    for begin in (BEGIN, SECOND, THIRD):
        said(charge_point, begin, 5)
        said(other, begin + 1, 5)
    charge_point.delete()
    assert ids() == [BEGIN + 1, SECOND + 1, THIRD + 1]


def test_prune_keeps_an_empty_partition_ahead(charge_point: ChargePoint) -> None:
    said(charge_point, SECOND, 2, 1)
    call_command("prune")
    assert begins() == [None, SECOND, THIRD]
    # Within two days at this rate.
    said(charge_point, THIRD - 1, 0)
    call_command("prune")
    assert begins() == [None, SECOND, THIRD, THIRD + LEAST_ROWS]
    call_command("prune")
    assert begins() == [None, SECOND, THIRD, THIRD + LEAST_ROWS]


def test_a_last_partition_that_was_filled_because_nobody_pruned_is_cut_ahead_of_its_rows(
    charge_point: ChargePoint,
) -> None:
    said(charge_point, THIRD, 30, 2, 1)
    call_command("prune")
    newest = THIRD + 2
    assert begins() == [None, SECOND, THIRD, newest + LEAST_ROWS]
    assert ids() == [THIRD, THIRD + 1, newest]


def analyzed_at() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT last_analyze FROM pg_stat_user_tables WHERE relname = %s", [TABLE])
        found: datetime | None = cursor.fetchone()[0]
        return found


def test_whoever_cuts_a_partition_renews_the_statistics_of_the_whole_table(
    charge_point: ChargePoint,
) -> None:
    before = analyzed_at()
    said(charge_point, THIRD, 2, 1)
    call_command("prune")
    cut = analyzed_at()
    assert cut is not None and cut != before
    call_command("prune")
    assert analyzed_at() == cut


def test_without_messages_no_partition_is_made() -> None:
    call_command("prune")
    assert begins() == [None, SECOND, THIRD]


def test_the_forecast_is_about_all_partitions(
    charge_point: ChargePoint, admin_client: Client
) -> None:
    now = datetime.now().astimezone()
    rows = [
        Message(
            pk=begin + number,
            charge_point=charge_point,
            request="x" * 1000,
            started_at=now - timedelta(days=1),
        )
        for begin in (BEGIN, SECOND)
        for number in range(600)
    ]
    Message.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")
    found = messages()
    assert found.rows == 1200
    assert found.size > 1200 * 1000
    assert found.rows_then == round(found.rows_a_day * 99)
    page = admin_client.get("/admin/chargepoints/chargepoint/retention/").content.decode()
    assert "for 90 days, at most 99" in page


@pytest.mark.parametrize(("kept", "longer"), [(5, 0), (30, 3), (90, 9), (365, 30), (0, 0)])
def test_rows_stay_at_most_a_tenth_longer_and_at_most_a_month(kept: int, longer: int) -> None:
    assert old_partitions.days_longer(kept) == longer
