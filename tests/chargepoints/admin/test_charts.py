"""The charging curve."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from chargepoints.admin.charts import BOTTOM, HEIGHT, POINTS, TOP, chart_of
from chargepoints.models import ChargePoint, Transaction
from tests.chargepoints.admin.conftest import charge, meter


def without_samples(charge_point: ChargePoint) -> Transaction:
    transaction = charge(charge_point)
    transaction.meter_values.all().delete()
    return transaction


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", path)]


def test_a_curve_has_a_point_for_each_sample_and_its_axes(charge_point: ChargePoint) -> None:
    chart = chart_of(charge(charge_point).pk)
    assert chart is not None
    assert len(points(chart.power_line)) == len(points(chart.soc_line)) == len(chart.hovers) == 10
    assert [tick.label for tick in chart.power_ticks] == ["0 kW", "10 kW", "20 kW"]
    assert [tick.label for tick in chart.soc_ticks] == ["0 %", "50 %", "100 %"]
    assert chart.hovers[0].text.endswith("11.00 kW · 50 %")


def test_half_full_is_half_way_up(charge_point: ChargePoint) -> None:
    chart = chart_of(charge(charge_point).pk)
    assert chart is not None
    assert points(chart.soc_line)[0][1] == (TOP + HEIGHT - BOTTOM) / 2


def test_nothing_is_drawn_of_a_single_sample(charge_point: ChargePoint) -> None:
    transaction = without_samples(charge_point)
    assert chart_of(transaction.pk) is None
    meter(transaction, timezone.now(), 11000, 50, 1)
    assert chart_of(transaction.pk) is None


def test_power_is_taken_from_the_register_where_none_is_reported(charge_point: ChargePoint) -> None:
    transaction = without_samples(charge_point)
    start = timezone.now() - timedelta(hours=1)
    for quarter in range(5):
        at = start + timedelta(minutes=15 * quarter)
        meter(transaction, at, None, None, quarter, energy_wh=100_000 + 2_500 * quarter)
    chart = chart_of(transaction.pk)
    assert chart is not None
    assert len(points(chart.power_line)) == 4
    assert all(hover.text.endswith("10.00 kW") for hover in chart.hovers)


def test_many_samples_are_thinned_and_the_last_one_stays(charge_point: ChargePoint) -> None:
    transaction = without_samples(charge_point)
    start = timezone.now() - timedelta(hours=1)
    for number in range(500):
        meter(transaction, start + timedelta(seconds=5 * number), 1000 + number, None, number)
    chart = chart_of(transaction.pk)
    assert chart is not None
    assert len(chart.hovers) <= POINTS
    assert chart.hovers[-1].text.endswith("1.50 kW")


def test_values_that_are_no_numbers_are_left_out(charge_point: ChargePoint) -> None:
    transaction = charge(charge_point)
    meter(transaction, timezone.now(), float("inf"), 60, 99)
    chart = chart_of(transaction.pk)
    assert chart is not None
    assert len(points(chart.power_line)) == 10
    assert len(points(chart.soc_line)) == 11


def test_a_transactions_page_shows_its_curve(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    transaction = charge(charge_point)
    url = f"/admin/chargepoints/transaction/{transaction.pk}/change/"
    assert '<svg class="cp-chart cp-wide"' in admin_client.get(url).content.decode()
