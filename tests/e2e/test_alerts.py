"""The alerts and the dashboard: of metrics that there are, each with a page, tested by promtool."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.charger import HandshakeRefusedError
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway

REPOSITORY = Path(__file__).resolve().parents[2]
PROMETHEUS = REPOSITORY / "deploy/prometheus"
ALERTS = PROMETHEUS / "alerts.yml"
DASHBOARD = REPOSITORY / "deploy/grafana/connect.json"
SERIES = re.compile(r"\bconnect_[a-z_]+")
# Of counters and histograms.
SUFFIXES = ("_total", "_bucket", "_count", "_sum")


def family(series: str) -> str:
    return next((series.removesuffix(end) for end in SUFFIXES if series.endswith(end)), series)


def expressions() -> str:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return "\n".join([ALERTS.read_text(), *shown])


async def test_every_metric_that_is_asked_for_is_there(
    gateway: RunningGateway, identity: str
) -> None:
    """Some are there from the first refused handshake, deviation or decision on."""
    headers = {"Authorization": f"Bearer {gateway.api_key('read')}"}
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.status(1, "Odd")
        await charger.call("Authorize", {"idTag": identity})
    with pytest.raises(HandshakeRefusedError):
        await gateway.connect(identity, key="guessed")
    asked = {family(series) for series in SERIES.findall(expressions())}
    assert len(asked) > 15

    def missing() -> set[str]:
        answer = requests.get(f"{gateway.http}/metrics", headers=headers, timeout=30)
        return asked - {each.name for each in text_string_to_metric_families(answer.text)}

    await eventually(lambda: not missing(), within=30)  # sums are published once a second


def test_every_alert_has_a_section_that_says_what_to_do() -> None:
    alerts = re.findall(r"alert: (\w+)", ALERTS.read_text())
    sections = re.findall(r"^## (\w+)$", (REPOSITORY / "docs/alerts.md").read_text(), re.M)
    assert sections == alerts
    pages = re.findall(r"runbook_url: docs/alerts.md#(\w+)", ALERTS.read_text())
    assert pages == [alert.lower() for alert in alerts]


@pytest.mark.services
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
    ],
)
def test_prometheus_takes_them_and_they_come_when_they_should(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
