"""OpenTelemetry: one trace from the charger's frame, over the question to core, to the event."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from marshmallow import ValidationError

from chargepoints.models import Command, Message
from chargepoints.observability import spans
from connect_site.environment import collector_url
from tests.conftest import CORE_TOKEN, EVENTS_SECRET
from tests.fakes.collector import Collector, Told
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

StartGateway = Callable[..., RunningGateway]

# More than one batch.
ENDS_WITH_SPANS = """
import os
from datetime import UTC, datetime

from django.conf import settings

settings.configure(TRACES_URL=os.environ["OWN_TRACES_URL"], TRACES_SHARE=1)
from chargepoints.observability.spans import Span
from connect_site import tracing

export, now = tracing.start(), datetime.now(UTC)
for _ in range(1000):
    export(Span("ab" * 16, "cd" * 8, "", "Heartbeat", "SERVER", now, now, {}))
print("ends", flush=True)
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


def traced(core: FakeCore, url: str, **more: str) -> dict[str, str]:
    return {
        "CORE_URL": core.url,
        "CORE_TOKEN": CORE_TOKEN,
        "EVENTS_SECRETS": EVENTS_SECRET,
        "TRACES_URL": url,
        **more,
    }


def tree(found: list[Told]) -> dict[str, str]:
    """The name of each span's parent, by its own."""
    names = {each.span_id: each.name for each in found}
    return {each.name: names.get(each.parent_id, each.parent_id) for each in found}


async def test_a_trace_goes_from_the_frame_over_core_to_the_event(
    start_gateway: StartGateway,
    core: FakeCore,
    collector: Collector,
    identity: str,
    tmp_path: Path,
) -> None:
    gateway = start_gateway(**traced(core, collector.url))
    worker = ManagePy(["deliver_events"], gateway.environment, tmp_path / "events.log")
    try:
        async with await OperatedCharger.connect(gateway, identity) as charger:
            await charger.start("04A1B2C3")
            await eventually(lambda: collector.named("transaction.started"))
            message = Message.objects.get(action="StartTransaction")

            def whole() -> list[Told]:
                found = [each for each in collector.spans if each.trace_id == message.trace]
                return found if len({each.name for each in found}) >= 4 else []

            found = await eventually(whole)
    finally:
        worker.terminate()
        worker.wait(20)
    parents = tree(found)
    assert parents["StartTransaction"] == ""
    asked, told = "POST /authorize", "transaction.started"
    assert {parents[name] for name in (asked, "commit", told)} == {"StartTransaction"}
    spans_by_name = {each.name: each for each in found}
    (question,) = [
        each
        for each in core.journal.decisions
        if each.path == "/authorize" and each.request["charge_point"] == identity
    ]
    header = question.headers["traceparent"]
    assert header == f"00-{message.trace}-{spans_by_name[asked].span_id}-01"
    first = spans_by_name["StartTransaction"]
    assert first.attributes["ocpp.charge_point"] == identity
    assert first.begun <= spans_by_name[asked].begun <= spans_by_name[asked].ended <= first.ended
    assert spans_by_name[told].ended >= first.ended
    assert {each.service for each in found} == {"connect"}
    # What staff see of the message is under the same id.
    staff = Client()
    staff.force_login(User.objects.create_superuser("staff"))
    page = staff.get("/admin/chargepoints/chargepoint/find/", {"q": first.trace_id}, follow=True)
    assert "StartTransaction" in page.content.decode()


async def test_a_command_is_a_span_of_the_trace_that_core_gave_it(
    start_gateway: StartGateway, core: FakeCore, collector: Collector
) -> None:
    gateway = start_gateway(**traced(core, collector.url))
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    async with await OperatedCharger.connect(gateway, "TRACED") as charger:
        body = {"type": "clear_cache"}
        answer = await charger.http("POST", "commands", json=body, extra_headers=header)
        message_id, _ = await charger.charger.expect_call("ClearCache")
        await charger.charger.answer_error(message_id, "InternalError")
        (span,) = await eventually(lambda: collector.named("ClearCache"))
        assert (span.trace_id, span.error) == (trace_id, "InternalError")
        assert span.attributes["connect.command"] == answer.json()["id"]
        assert Command.objects.get().trace == trace_id


@pytest.mark.slow
async def test_a_collector_that_is_away_holds_nobody_up(
    start_gateway: StartGateway, core: FakeCore
) -> None:
    gateway = start_gateway(**traced(core, "http://127.0.0.1:9/v1/traces"))
    async with await OperatedCharger.connect(gateway, "TRACED") as charger:
        for _ in range(20):
            await charger.call("Heartbeat", {})
        told = "accepts no spans: they are dropped"
        await eventually(lambda: told in gateway.log.read_text())
    assert gateway.stop() == 0
    assert gateway.log.read_text().count(told) == 1
    assert gateway.errors() == []


@pytest.mark.slow
def test_a_process_that_ends_does_not_wait_for_a_collector_that_hangs() -> None:
    """One of its own: what tests start otherwise ends without the interpreter's last steps."""
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        url = f"http://127.0.0.1:{never_answers.getsockname()[1]}/v1/traces"
        command = [sys.executable, "-c", ENDS_WITH_SPANS]
        environment = {**os.environ, "OWN_TRACES_URL": url}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ends\n"
            begun = time.monotonic()
            assert process.wait(30) == 0
    assert time.monotonic() - begun < 8


@pytest.mark.slow
async def test_of_no_share_there_is_no_span(
    start_gateway: StartGateway, core: FakeCore, collector: Collector
) -> None:
    gateway = start_gateway(**traced(core, collector.url, TRACES_SHARE="0"))
    async with await OperatedCharger.connect(gateway, "TRACED") as charger:
        await charger.call("Heartbeat", {})
    assert gateway.stop() == 0
    assert collector.spans == []


def test_without_a_collector_nothing_is_imported_and_nothing_exported() -> None:
    assert spans.exporter() is None
    assert "connect_site.tracing" not in sys.modules


def test_the_libraries_have_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    collector_url("http://collector.example.com:4318/v1/traces")
    collector_url("")
    with pytest.raises(ValidationError, match="Not an http"):
        collector_url("collector:4318")
    for name in [each for each in sys.modules if each.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [])
    sys.path_importer_cache.clear()
    with pytest.raises(ValidationError, match=r"requirements-tracing\.lock"):
        collector_url("http://collector.example.com:4318/v1/traces")
