"""A night is exported, and replayed against a gateway on an empty database."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chargepoints.services.history import vendor_export
from chargepoints.services.history.story import Span
from connect_site.replay import recording
from tests.operated import OperatedCharger, at
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.timeout(180)


def replayed(trace: Path) -> tuple[int, str]:
    """As staff do it: a process of its own, whatever the database of this one."""
    done = subprocess.run(
        [sys.executable, "manage.py", "replay", str(trace)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def exported(gateway: RunningGateway, identity: str, to: Path) -> list[Any]:
    text = gateway.manage("export_trace", identity)
    to.write_text(text)
    return [json.loads(line) for line in text.splitlines()]


async def a_night(charger: OperatedCharger) -> None:
    """A start, samples, a refused token, a command of core's, nonsense, and the stop."""
    await charger.status(1, "Preparing")
    number = (await charger.start("04A1"))["transactionId"]
    for minute in (3, 2, 1):
        energy = {"value": str(1000 - 100 * minute), "unit": "Wh"}
        value = {"timestamp": at(minutes=minute), "sampledValue": [energy]}
        sampled = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
        await charger.call("MeterValues", sampled)
    answer = await charger.call("Authorize", {"idTag": "BLOCKED1"})
    assert answer["idTagInfo"]["status"] == "Blocked"
    await charger.command("clear_cache", {}, "ClearCache", {"status": "Rejected"})
    await charger.refused("Unheard", {})
    await charger.call("DataTransfer", {"vendorId": "com.acme", "data": "x"})
    await charger.stop(number, reason="EVDisconnected")


@pytest.mark.slow
async def test_what_is_otherwise_than_it_was_recorded_is_told_and_nothing_else(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        number = (await charger.start("04A0"))["transactionId"]
        await charger.stop(number)
        await a_night(charger)
    trace = tmp_path / "night.jsonl"
    lines = exported(gateway, identity, trace)
    assert lines[0]["charge_point"] == identity
    assert {"StartTransaction", "ClearCache"} <= {line.get("action") for line in lines}
    # What another version of the gateway would have said, and told.
    for line in lines:
        if line.get("action") == "Authorize":
            line["reply"] = line["reply"].replace("Blocked", "Accepted")
        if line.get("event") == "transaction.ended":
            line["data"]["energy_wh"] += 7
    trace.write_text("\n".join(map(json.dumps, lines)))
    status, said = replayed(trace)
    assert status == 1
    assert 'Authorize/1/idTagInfo/status: was "Accepted", is "Blocked" now' in said
    assert said.count("transaction.ended/energy_wh: was 1007.0, is 1000.0 now") == 2
    assert "3 differences in" in said


@pytest.mark.services
async def test_a_night_of_2_0_1_is_replayed_without_a_difference(
    station: OperatedStation, gateway: RunningGateway, tmp_path: Path
) -> None:
    charging = await station.charging()
    await station.exchange("reset", {"type": "on_idle"}, ("Reset", {"status": "Scheduled"}))
    await charging.tell("Ended", "EVDeparted", info={"stoppedReason": "EVDisconnected"})
    trace = tmp_path / "night.jsonl"
    exported(gateway, station.row.identity, trace)
    status, said = replayed(trace)
    assert (status, "no difference" in said) == (0, True), said


async def test_a_night_of_odd_frames_is_replayed_as_odd_as_it_was(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        # Another one before, so that the numbers differ.
        await charger.stop((await charger.start("04A0"))["transactionId"])
        number = (await charger.start("04A1"))["transactionId"]

        async def say(text: str | bytes, replies: int = 1) -> None:
            await charger.charger.send_text(text)
            for _ in range(replies):
                await charger.charger.stray()

        def frame(message_id: Any, minutes: int) -> str:
            energy = {"value": str(1000 - minutes), "unit": "Wh"}
            value = {"timestamp": at(minutes=minutes), "sampledValue": [energy]}
            said = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
            return json.dumps([2, message_id, "MeterValues", said])

        await say(frame("quotes", 30).replace('"', "'"))
        await say("\x00" + frame("comma", 29).replace("}]", ",}]") + "\x00")
        await say(frame("one", 28) + frame("two", 27), replies=2)
        await say(frame(17, 26))
        await say(frame("a text", 25).replace(f": {number},", f': "{number}",').encode())
        await say(json.dumps(frame("in a text", 24)))
        await say('[2,"no payload","Heartbeat"]')
        await say('[2,"extra","Heartbeat",{},"more"]')
        for text in ("7", '"abcd"', '{"a":1,"b":2,"c":3,"d":4}', "[]", "no frame"):
            await charger.charger.send_text(text)
        await say('[2,"half","Heartbeat",{"a')
        value = {"timestamp": at(), "sampledValue": [{"value": "1001"}]}
        await charger.stop(number, transactionData=[value] * 3000)
    trace = tmp_path / "night.jsonl"
    exported(gateway, identity, trace)
    status, said = replayed(trace)
    assert (status, "no difference" in said) == (0, True), said
    assert "StopTransaction: the trace has only its beginning" in said


async def test_the_first_hours_of_a_long_night_are_no_difference(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.stop((await charger.start("04A1"))["transactionId"])
    trace = tmp_path / "night.jsonl"
    lines = exported(gateway, identity, trace)
    late = datetime.fromisoformat(lines[-1]["at"]) + timedelta(hours=6)
    beat = {
        "at": late.isoformat(),
        "direction": "in",
        "action": "Heartbeat",
        "request": '[2,"late","Heartbeat",{}]',
        "reply": '[3,"late",{"currentTime":"2026-11-29T06:00:00Z"}]',
        "outcome": "result",
        "deviations": [],
    }
    trace.write_text("\n".join(map(json.dumps, [*lines, beat])))
    status, said = replayed(trace)
    assert (status, "no difference" in said) == (0, True), said


async def test_what_a_vendor_is_given_is_replayed_as_it_is(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    begin = datetime.now(UTC)
    async with await OperatedCharger.connect(gateway, identity) as charger:
        # Signs that end a line, for some.
        await charger.call("DataTransfer", {"vendorId": "com.acme", "data": "a\u2028b\x85c"})
        await charger.charger.send_text('[2,"quoted","DataTransfer",{\'vendorId\':"\u2028"}]')
        await charger.charger.stray()
    given = tmp_path / "vendor.zip"
    with given.open("wb") as file:
        vendor_export.write(charger.row, Span(begin, datetime.now(UTC)), file)
    status, said = replayed(given)
    assert (status, "no difference" in said) == (0, True), said


@pytest.mark.slow
async def test_a_night_with_sends_is_replayed_without_a_difference(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1") as station:
        stream = {"id": 1, "pending": 0, "basetime": at(), "data": [{"t": 0, "v": "230.4"}]}
        await station.charger.send_unconfirmed("NotifyPeriodicEventStream", stream)
        await station.charger.send_unconfirmed("Heartbeat", {})
        await station.call("Heartbeat", {})
    trace = tmp_path / "night.jsonl"
    lines = exported(gateway, identity, trace)
    assert "NotifyPeriodicEventStream" in {line.get("action") for line in lines}
    status, said = replayed(trace)
    assert (status, "no difference" in said) == (0, True), said


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"trace": 99}', '{"trace": 1}'])
def test_what_is_no_trace_is_refused(tmp_path: Path, text: str) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text(text)
    with pytest.raises(CommandError, match="trace.jsonl"):
        call_command("replay", str(trace))


def test_times_move_as_they_are_written_and_those_of_another_age_stay() -> None:
    around, later = datetime(2026, 11, 22, 8, tzinfo=UTC), timedelta(days=7)
    payload = {
        "timestamp": "2026-11-22T08:00:00.125Z",
        "naive": "2026-11-22T07:59:00",
        "elsewhere": "2026-11-22T09:00:00+01:00",
        "never set": "1970-01-01T00:00:00Z",
        "id": "2026-11-22",
    }
    assert recording.shifted(payload, later, around) == payload | {
        "timestamp": "2026-11-29T08:00:00.125Z",
        "naive": "2026-11-29T07:59:00",
        "elsewhere": "2026-11-29T09:00:00+01:00",
    }


def test_the_trace_of_nobody_is_refused(gateway: RunningGateway) -> None:
    with pytest.raises(AssertionError, match="there is no charge point NOBODY"):
        gateway.manage("export_trace", "NOBODY")
