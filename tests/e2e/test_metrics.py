"""What Prometheus is told, after something has happened."""

from collections.abc import Callable

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from chargepoints.observability import metrics
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, eventually
from tests.running_gateway import RunningGateway

Samples = dict[str, list[tuple[dict[str, str], float]]]


def scrape(gateway: RunningGateway) -> Samples:
    headers = {"Authorization": f"Bearer {gateway.api_key('read')}"}
    answer = requests.get(f"{gateway.http}/metrics", headers=headers, timeout=30)
    assert answer.status_code == 200
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    """Of all series that have these labels."""
    wanted = labels.items()
    return sum(number for each, number in samples.get(name, []) if wanted <= each.items())


async def scraped(charger: OperatedCharger) -> Samples:
    """With all that happened before: sums are published together, and this waits for a new one."""
    before = heartbeats(scrape(charger.gateway))
    await charger.call("Heartbeat", {})
    samples: Samples = {}

    def is_published() -> bool:
        samples.update(scrape(charger.gateway))
        return heartbeats(samples) > before

    await eventually(is_published)
    return samples


def heartbeats(samples: Samples) -> float:
    return value(samples, "connect_handling_seconds_count", action="Heartbeat")


async def test_metrics_tell_what_chargers_did_and_how_long_it_took(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    product = {"vendor": "Acme", "model": f"Model of {identity}"}
    boot = BOOT_16 | {"chargePointVendor": "Acme", "chargePointModel": product["model"]}
    async with await OperatedCharger.connect(
        gateway, identity, boot=boot, site=identity
    ) as charger:
        before = await scraped(charger)
        await charger.refused("Unheard", {})
        odd = {"connectorId": 1, "status": "Odd", "errorCode": "NoError"}
        await charger.call("StatusNotification", odd)
        await charger.call("Authorize", {"idTag": identity})
        await charger.command("clear_cache", {}, "ClearCache", {"status": "Rejected"})
        await charger.reconnect()
        after = await scraped(charger)

        def grown(name: str, **labels: str) -> float:
            return value(after, name, **labels) - value(before, name, **labels)

        assert grown("connect_messages_total", direction="in", outcome="error") == 1
        ok = {"direction": "in", "outcome": "result", "version": "1.6"}
        assert grown("connect_messages_total", action="StatusNotification", **ok) == 1
        assert grown("connect_messages_total", action="ClearCache", direction="out") == 1
        assert grown("connect_handling_seconds_count", action="Authorize") == 1
        assert 0 < grown("connect_handling_seconds_sum", action="Authorize") < 5
        assert grown("connect_handling_seconds_bucket", action="Authorize", le="+Inf") == 1
        assert grown("connect_core_seconds_count", path="/authorize", answered="yes") == 1
        assert grown("connect_batch_units_count") > 3
        assert grown("connect_batch_units_sum") >= grown("connect_batch_units_count")
        # A batch of the sweep may be between its count and its commit while we look.
        open_batches = grown("connect_batch_units_count") - grown("connect_commit_seconds_count")
        assert abs(open_batches) <= 1
        assert value(after, "connect_deviations_by_firmware_total", **product) > 0
        assert value(after, "connect_connections_total", **product) == 1
        assert value(after, "connect_connected_at_site", site=identity, protocol="ocpp1.6") == 1
        assert value(after, "connect_charge_points_at_site", site=identity) == 1
        left = value(after, "connect_storage_left_bytes", of="files")
        assert 0 < left <= value(after, "connect_storage_size_bytes", of="files")


async def test_core_that_gives_no_answer_is_timed_as_well(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        before = await scraped(charger)
        core.fail(path="/data-transfer", status=500, times=1)
        await charger.call("DataTransfer", {"vendorId": "com.acme"})
        after = await scraped(charger)
        labels = {"path": "/data-transfer", "answered": "no"}
        name = "connect_core_seconds_count"
        assert value(after, name, **labels) - value(before, name, **labels) == 1


@pytest.mark.services
async def test_metrics_are_those_of_all_workers(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(WORKERS="2")
    chargers = [await OperatedCharger.connect(gateway, f"W-{number}") for number in range(6)]
    for charger in chargers:
        await charger.call("Heartbeat", {})
    await eventually(lambda: heartbeats(scrape(gateway)) == 6)
    for charger in chargers:
        await charger.charger.close()
    await eventually(lambda: all(charger.known().connection_id is None for charger in chargers))


def test_products_beyond_a_bound_share_one_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_PRODUCTS", 2)
    monkeypatch.setattr(metrics, "_products", set())
    made = [metrics._bounded(("Acme", "X", str(number))) for number in range(4)]
    assert made[:2] == [("Acme", "X", "0"), ("Acme", "X", "1")]
    assert made[2:] == [("other", "other", "other")] * 2
    assert metrics._bounded(("Acme", "X", "0")) == ("Acme", "X", "0")
