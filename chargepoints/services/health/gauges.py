"""Metrics about the health of charge points."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from chargepoints import clock
from chargepoints.services.health.rules import RULES, about


def gauges() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily(
        "connect_unhealthy_charge_points",
        "Charge points that a health rule finds, without those in maintenance",
        labels=["rule"],
    )
    now = clock.now()
    for name, rule in RULES.items():
        family.add_metric([name], about(rule, now).count())
    yield family
