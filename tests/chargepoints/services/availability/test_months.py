"""The seconds of a month, beside a past that was painted second by second."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargepoints.models import (
    ChargePoint,
    Connection,
    Connector,
    Evse,
    MaintenanceWindow,
    ServerRun,
    Status,
    StatusChange,
)
from chargepoints.services.availability import months
from chargepoints.services.availability.months import Month, NoMonth, Row
from chargepoints.services.stations import registry
from tests.chargepoints.services.availability.past import make_up

NOVEMBER = Month(2025, 11)
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
LONG_AFTER = BEGIN + timedelta(days=300)
DAY_S = 86_400
MONTH_S = 30 * DAY_S

pytestmark = pytest.mark.django_db


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def in_november(*charge_points: ChargePoint, now: datetime = LONG_AFTER) -> list[Row]:
    return list(months.of(charge_points, [NOVEMBER], UTC, now))


@pytest.fixture
def charge_point() -> ChargePoint:
    """Online since the day before the month, with a connector that has been free since then."""
    row = registry.register("CP-1", site="North")
    Connector.objects.create(evse=Evse.objects.create(charge_point=row, evse_id=1))
    connected(row, BEGIN - hours(24))
    told(row, Status.AVAILABLE, BEGIN - hours(24))
    return row


def connected(row: ChargePoint, at: datetime, until: datetime | None = None, why: str = "") -> None:
    Connection.objects.create(
        id=int(at.timestamp() * 1_000_000) << 10,
        charge_point=row,
        opened_at=at,
        closed_at=until,
        close_reason=why,
    )


def told(row: ChargePoint, status: str, at: datetime, **fields: Any) -> None:
    values = {"evse_id": 1, "connector_id": 1, "received_at": at, "ocpp_status": status, **fields}
    # By their receipt, as the gateway writes them.
    key = int(values["received_at"].timestamp())
    StatusChange.objects.create(id=key, charge_point=row, status=status, reported_at=at, **values)


# One past has most of what there is; the others are for what only dice think of.
@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 12))]
)
def test_every_second_of_a_made_up_past_is_counted_as_it_was(seed: int) -> None:
    row = registry.register(f"CP-{seed}", site="North")
    begin, end = datetime(2025, 10, 20, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)
    past = make_up(row, begin, end, seed)
    amsterdam = zoneinfo.ZoneInfo("Europe/Amsterdam")
    for zone in (UTC, amsterdam):
        asked = [Month(2025, 10), Month(2025, 11), Month(2025, 12), Month(2026, 1)]
        found = list(months.of([row], asked, zone, end))
        assert len(found) == 8
        for each in found:
            assert each.seconds == past.counted(each.evse_id, each.begin, each.end), each.month
            assert each.seconds.total == (each.end - each.begin).total_seconds()


def test_many_charge_points_are_counted_as_each_alone() -> None:
    rows = [registry.register(f"CP-{number}") for number in range(3)]
    end = datetime(2025, 12, 5, tzinfo=UTC)
    for seed, row in enumerate(rows):
        make_up(row, datetime(2025, 10, 20, tzinfo=UTC), end, seed)
    together = in_november(*rows, now=end)
    alone = [each for row in rows for each in in_november(row, now=end)]
    assert [(row.charge_point, row.evse_id, row.seconds) for row in together] == [
        (row.charge_point, row.evse_id, row.seconds) for row in alone
    ]


def test_the_number_of_queries_is_that_of_one_charge_point(
    charge_point: ChargePoint, django_assert_max_num_queries: Any
) -> None:
    rows = [registry.register(f"CP-{number}", site="North") for number in range(2, 20)]
    for row in rows:
        Connector.objects.create(evse=Evse.objects.create(charge_point=row, evse_id=1))
    with django_assert_max_num_queries(35):
        assert len(in_november(charge_point, *rows)) == 19


def test_a_month_without_a_fault_is_all_up(charge_point: ChargePoint) -> None:
    [row] = in_november(charge_point)
    assert (row.seconds.up, row.seconds.total) == (MONTH_S, MONTH_S)
    assert row.seconds.availability == 1


def test_a_month_that_goes_on_is_counted_until_now(charge_point: ChargePoint) -> None:
    [row] = in_november(charge_point, now=BEGIN + hours(36))
    assert row.seconds.up == row.seconds.total == 36 * 3600
    assert in_november(charge_point, now=BEGIN - hours(1)) == []


def test_a_fault_is_told_later_of_the_time_it_was_offline(charge_point: ChargePoint) -> None:
    back = BEGIN + hours(10)
    Connection.objects.update(closed_at=BEGIN + hours(8), close_reason="closed")
    connected(charge_point, back)
    told(charge_point, Status.AVAILABLE, back + hours(3))
    told(charge_point, Status.FAULTED, BEGIN + hours(9), received_at=back)
    [row] = in_november(charge_point)
    assert (row.seconds.offline, row.seconds.faulted) == (2 * 3600, 3 * 3600)
    assert row.seconds.down == 5 * 3600


def test_a_station_that_is_out_of_order_has_no_connector_that_is_up(
    charge_point: ChargePoint,
) -> None:
    whole = {"evse_id": None, "connector_id": None}
    told(charge_point, Status.UNAVAILABLE, BEGIN + hours(1), **whole)
    told(charge_point, Status.AVAILABLE, BEGIN + hours(3), **whole)
    [row] = in_november(charge_point)
    assert row.seconds.unavailable == 2 * 3600


def test_maintenance_excuses_whatever_was_wrong(charge_point: ChargePoint) -> None:
    told(charge_point, Status.FAULTED, BEGIN + hours(1))
    told(charge_point, Status.AVAILABLE, BEGIN + hours(5))
    starts_at, ends_at = BEGIN + hours(2), BEGIN + hours(4)
    window = {"starts_at": starts_at, "ends_at": ends_at, "reason": "new cables"}
    MaintenanceWindow.objects.create(site="North", **window)
    MaintenanceWindow.objects.create(site="South", **{**window, "ends_at": BEGIN + hours(9)})
    [row] = in_november(charge_point)
    assert (row.seconds.maintenance, row.seconds.faulted) == (2 * 3600, 2 * 3600)


def test_our_own_downtime_is_no_fault_of_the_charger(charge_point: ChargePoint) -> None:
    stop, start = BEGIN + hours(5), BEGIN + hours(6)
    ServerRun.objects.create(began_at=BEGIN - hours(99), ended_at=stop)
    ServerRun.objects.create(began_at=start)
    Connection.objects.update(closed_at=stop, close_reason=Connection.SERVER_STOPPED)
    connected(charge_point, start + hours(1))
    [row] = in_november(charge_point)
    assert row.seconds.gateway == 3600 + 300  # and five minutes to come back in
    assert row.seconds.offline == 3600 - 300


def test_what_no_history_tells_of_is_unknown_and_not_down() -> None:
    row = registry.register("NEW")
    Connector.objects.create(evse=Evse.objects.create(charge_point=row, evse_id=1))
    assert [each.seconds.unknown for each in in_november(row)] == [MONTH_S]
    connected(row, BEGIN + hours(24))
    told(row, Status.AVAILABLE, BEGIN + hours(48))
    [found] = in_november(row)
    assert (found.seconds.unknown, found.seconds.up) == (2 * DAY_S, 28 * DAY_S)


def test_a_connector_whose_changes_are_kept_no_more_is_as_it_said_last() -> None:
    row = registry.register("OLD")
    evse = Evse.objects.create(charge_point=row, evse_id=1)
    Connector.objects.create(evse=evse, status=Status.AVAILABLE, status_at=BEGIN - hours(900))
    connected(row, BEGIN - hours(900))
    assert [each.seconds.up for each in in_november(row)] == [MONTH_S]


@pytest.mark.parametrize("text", ["", "2025", "2025-13", "2025-1", "1999-12", "2025-11-01", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(NoMonth):
        Month.read(text)


def test_months_follow_each_other_over_the_year() -> None:
    assert str(Month(2025, 12).later(1)) == "2026-01"
    assert str(Month(2026, 1).later(-1)) == "2025-12"
    assert str(Month(2025, 11).later(-12)) == "2024-11"
