"""One trace id from a charger's frame over the question to core to the event, and to the log."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chargepoints import traces
from chargepoints.models import Message, TokenDecision
from tests.conftest import EVENTS_SECRET
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway


def test_a_trace_id_says_where_to_look() -> None:
    at = datetime(2026, 11, 29, 22, 15, 59, 480955, UTC)
    made = traces.trace_id(4711, at, "93")
    assert len(made) == 32
    assert traces.read(made) == (4711, at)
    assert made != traces.trace_id(4711, at, "94")
    for odd in ("", "x" * 32, made[:31], "f" * 32):
        assert traces.read(odd) is None or odd == "f" * 32


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", True),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("00-4bf92f35-00f067aa0ba902b7-01", False),
        ("", False),
    ],
)
def test_a_traceparent_is_read(header: str, found: bool) -> None:
    expected = "4bf92f3577b34da6a3ce929d0e0e4736" if found else ""
    assert traces.of_traceparent(header) == expected


async def test_the_frame_the_question_the_decision_and_the_event_have_one_trace_id(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.start(identity)
        listed = await charger.http("GET", "messages?action=StartTransaction")
        (message,) = listed.json()["results"]
        feed = await charger.http("GET", "events?type=transaction.started")
        (event,) = feed.json()["results"]
        (asked,) = [
            each.headers["traceparent"]
            for each in core.journal.decisions
            if each.path == "/authorize" and each.request["charge_point"] == identity
        ]
        decision = TokenDecision.objects.get(charge_point=charger.row)
        ids = {message["trace_id"], event["trace_id"], asked.split("-")[1], decision.trace_id}
        assert len(ids) == 1


async def test_what_else_core_is_asked_has_the_trace_id_of_its_message(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.call("DataTransfer", {"vendorId": "com.acme"})
        asked = {
            each.path: each.headers["traceparent"].split("-")[1]
            for each in core.journal.decisions
            if each.request["charge_point"] == identity
        }
        rows = Message.objects.filter(charge_point=charger.row, direction="in")
        traced = {row.action: row.trace for row in rows}
        assert asked == {
            "/boot": traced["BootNotification"],
            "/data-transfer": traced["DataTransfer"],
        }


async def test_a_command_keeps_the_trace_id_that_core_gave_it(
    gateway: RunningGateway, identity: str
) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    async with await OperatedCharger.connect(gateway, identity) as charger:
        body = {"type": "clear_cache"}
        answer = await charger.http("POST", "commands", json=body, extra_headers=header)
        assert answer.json()["trace_id"] == trace_id
        await charger.obey("ClearCache", {"status": "Accepted"})
        other = (await charger.post("clear_cache", {})).json()
        assert traces.read(other["trace_id"]) is not None
        await charger.obey("ClearCache", {"status": "Accepted"})
        await charger.call("Heartbeat", {})
        feed = await charger.http("GET", "events?type=command.finished")
        told: Any = {each["data"]["command_id"]: each for each in feed.json()["results"]}
        for command in (answer.json(), other):
            event = told[command["id"]]
            assert event["trace_id"] == event["data"]["trace_id"] == command["trace_id"]


async def test_staff_find_what_belongs_to_a_trace_id(
    gateway: RunningGateway, identity: str
) -> None:
    staff = Client()
    staff.force_login(User.objects.create_superuser(f"staff-{identity}"))

    def found(trace_id: str) -> str:
        page = staff.get("/admin/chargepoints/chargepoint/find/", {"q": trace_id}, follow=True)
        return page.content.decode()

    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.start(identity)
        decision = TokenDecision.objects.get(charge_point=charger.row)
        message = Message.objects.get(charge_point=charger.row, action="StartTransaction")
        (event,) = charger.events("transaction.started")
        page = found(decision.trace_id)
        for row in (decision, message, event):
            assert f"/admin/chargepoints/{row._meta.model_name}/{row.pk}/change/" in page
        given = "4bf92f3577b34da6a3ce929d0e0e4737"
        header = {"traceparent": f"00-{given}-00f067aa0ba902b7-01"}
        body = {"type": "clear_cache"}
        answer = await charger.http("POST", "commands", json=body, extra_headers=header)
        assert answer.json()["id"] in found(given)
        await charger.obey("ClearCache", {"status": "Accepted"})


async def test_lines_of_the_log_name_the_charger_the_message_and_the_trace_id(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    nowhere = {"CORE_URL": "http://127.0.0.1:9", "EVENTS_SECRETS": EVENTS_SECRET}
    # One process, whose number is the server's.
    gateway = start_gateway(LOG_FORMAT="json", PAGES_APART="false", **nowhere)
    async with await OperatedCharger.connect(gateway, "LOGGED-1") as charger:
        await charger.call("Authorize", {"idTag": "04A1"}, "m-17")
        message = Message.objects.get(charge_point=charger.row, action="Authorize")
    pid = gateway.pid
    gateway.stop()
    lines = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    assert all({"time", "level", "logger", "message", "worker"} <= set(line) for line in lines)
    (line,) = [each for each in lines if "no answer of core to /authorize" in each["message"]]
    assert (line["level"], line["worker"]) == ("WARNING", pid)
    assert (line["charger"], line["message_id"]) == ("LOGGED-1", "m-17")
    assert line["trace_id"] == message.trace
    assert any("trace_id" not in each for each in lines)
