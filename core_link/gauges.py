"""Gauges for Prometheus: undelivered events of each endpoint."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from chargepoints import clock
from core_link import endpoints
from core_link.models import DeadLetter, Endpoint


def gauges() -> Iterator[GaugeMetricFamily]:
    label = ["endpoint"]
    undelivered = GaugeMetricFamily(
        "connect_undelivered_events", "Events an endpoint has not acknowledged", labels=label
    )
    lag = GaugeMetricFamily(
        "connect_delivery_lag_seconds", "Age of the oldest undelivered event", labels=label
    )
    enabled = GaugeMetricFamily(
        "connect_endpoint_enabled", "Whether an endpoint is delivered to", labels=label
    )
    now = clock.now()
    for endpoint in Endpoint.objects.all():
        name = [endpoint.name]
        behind = endpoints.lag(endpoint)
        age = (now - behind.since).total_seconds() if behind.since else 0.0
        undelivered.add_metric(name, behind.events)
        lag.add_metric(name, max(0.0, age))
        enabled.add_metric(name, endpoint.enabled)
    yield from (undelivered, lag, enabled)
    yield GaugeMetricFamily(
        "connect_dead_letters",
        "Events given up and not sent again",
        DeadLetter.objects.filter(resent_at=None).count(),
    )
