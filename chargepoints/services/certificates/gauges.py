"""Metrics about certificates."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from chargepoints.services.certificates import revocations


def gauges() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily(
        "connect_revocation_list_ends_timestamp_seconds",
        "When the first list of revoked client certificates is over",
    )
    if (ends_at := revocations.ends_at()) is not None:
        family.add_metric([], ends_at.timestamp())
    yield family
