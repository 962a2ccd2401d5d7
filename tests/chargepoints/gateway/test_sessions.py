"""One charger's socket: order, repetition, bad frames, takeover, and its end."""

import asyncio
import json
import time

import pytest

from chargepoints.models import ChargePoint, Connection, Event, Message, StatusChange
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.operated import eventually
from tests.running_gateway import KEY, RunningGateway

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


async def booted(gateway: RunningGateway, identity: str) -> RawCharger:
    gateway.register(identity)
    charger = await gateway.connect(identity)
    await charger.call("BootNotification", BOOT)
    return charger


async def test_a_call_and_its_reply_are_one_row_of_the_trace(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.call("Heartbeat", {}, "beat-1")
        row = Message.objects.get(charge_point__identity=identity, message_id="beat-1")
        assert json.loads(row.request) == [2, "beat-1", "Heartbeat", {}]
        assert json.loads(row.reply)[:2] == [3, "beat-1"]
        assert row.duration_ms is not None and row.outcome == "result"


async def test_a_repeated_call_gets_the_same_reply_and_writes_nothing(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        first = await charger.call("StatusNotification", STATUS, "same")
        rows = Message.objects.filter(charge_point__identity=identity).count()
        assert await charger.call("StatusNotification", STATUS, "same") == first
        assert Message.objects.filter(charge_point__identity=identity).count() == rows


async def test_heartbeats_under_one_id_are_told_the_time_each(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        first = await charger.call("Heartbeat", {}, "same")
        rows = Message.objects.filter(charge_point__identity=identity, message_id="same")
        await asyncio.sleep(1)
        again = await charger.call("Heartbeat", {}, "same")
        assert again[2]["currentTime"] > first[2]["currentTime"]
        assert rows.count() == 2


async def test_the_same_id_with_another_content_is_another_message(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.call("StatusNotification", STATUS, "1")
        await charger.call("StatusNotification", {**STATUS, "status": "Charging"}, "1")
        changes = StatusChange.objects.filter(charge_point__identity=identity)
        assert [change.ocpp_status for change in changes.order_by("id")] == [
            "Available",
            "Charging",
        ]


async def test_calls_are_answered_in_the_order_they_came(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        ids = [await charger.send_call("Heartbeat", {}, f"n{n}") for n in range(50)]
        for message_id in ids:
            await charger.reply_to(message_id)
        rows = Message.objects.filter(charge_point__identity=identity, action="Heartbeat")
        assert [row.message_id for row in rows.order_by("id")] == ids


async def test_an_action_nobody_knows_is_not_implemented_and_one_of_ours_not_supported(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        assert (await charger.call("Nonsense", {}))[2] == "NotImplemented"
        assert (await charger.call("Reset", {"type": "Hard"}))[2] == "NotSupported"
        assert (await charger.call("Heartbeat", {}))[0] == 3


async def test_a_broken_frame_with_an_id_is_answered_and_the_socket_lives_on(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.send_text('[2,"broken","Heartbeat",{')
        assert (await charger.stray())[:3] == [4, "broken", "FormationViolation"]
        for text in ("", "hello", "[]", "[9,9]", b"\xff\xfe", "[" * 5000):
            await charger.send_text(text)
        assert (await charger.call("Heartbeat", {}))[0] == 3
        assert Message.objects.filter(
            charge_point__identity=identity, message_id="broken", outcome="error"
        ).exists()


async def test_a_binary_frame_is_read_as_text(gateway: RunningGateway, identity: str) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.send_text(b'[2,"binary","Heartbeat",{}]')
        assert (await charger.stray())[:2] == [3, "binary"]


async def test_a_wrong_case_action_is_served_when_lenient_and_not_when_strict(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.send_text('[2,"c1","heartbeat",{}]')
        assert (await charger.stray())[0] == 3
        row = Message.objects.get(charge_point__identity=identity, message_id="c1")
        assert row.action == "Heartbeat"
        assert row.deviations == ["action_in_other_case"]


async def test_the_newest_socket_wins_and_the_old_one_s_late_close_changes_nothing(
    gateway: RunningGateway, identity: str
) -> None:
    old = await booted(gateway, identity)
    async with await gateway.connect(identity) as new:
        assert await old.wait_closed() == 1000
        assert (await new.call("Heartbeat", {}))[0] == 3
        await eventually(
            lambda: Connection.objects.filter(
                charge_point__identity=identity, closed_at__isnull=False
            ).exists()
        )
        row = ChargePoint.objects.get(identity=identity)
        assert row.connection is not None and row.connection.closed_at is None
        online = Event.objects.filter(charge_point=row, type="charge_point.online")
        assert [event.data["takeover"] for event in online] == [False, True]


async def test_a_wrong_key_does_not_take_a_socket_over(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        with pytest.raises(HandshakeRefusedError):
            await gateway.connect(identity, key="wrong-wrong-wrong-wrong")
        assert (await charger.call("Heartbeat", {}))[0] == 3


async def test_a_closed_socket_is_reported_after_the_grace_and_only_once(
    gateway: RunningGateway, identity: str
) -> None:
    charger = await booted(gateway, identity)
    await charger.close()
    offline = Event.objects.filter(charge_point__identity=identity, type="charge_point.offline")
    await eventually(offline.exists)
    row = ChargePoint.objects.get(identity=identity)
    assert row.connection is None and not row.reported_online
    assert offline.count() == 1


async def test_a_charger_that_is_back_within_the_grace_was_never_offline(
    gateway: RunningGateway, identity: str
) -> None:
    charger = await booted(gateway, identity)
    charger.abort()
    async with await gateway.connect(identity) as again:
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            assert (await again.call("Heartbeat", {}))[0] == 3
            await asyncio.sleep(0.5)
        events = Event.objects.filter(charge_point__identity=identity)
        assert not events.filter(type="charge_point.offline").exists()


async def test_a_charger_above_its_pace_is_slowed_and_loses_nothing(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        started = time.monotonic()
        ids = [await charger.send_call("Heartbeat", {}) for _ in range(160)]
        for message_id in ids:
            assert (await charger.reply_to(message_id, within=30))[0] == 3
        # 100 at once, and then 20 a second.
        assert time.monotonic() - started > 2.0


async def test_a_registered_charger_that_reconnects_without_booting_is_served(
    gateway: RunningGateway, identity: str
) -> None:
    await (await booted(gateway, identity)).close()
    async with await RawCharger.connect(gateway.url, identity, KEY) as charger:
        assert (await charger.call("StatusNotification", STATUS))[0] == 3


async def test_one_that_closes_and_comes_back_at_once_takes_nothing_over(
    gateway: RunningGateway, identity: str
) -> None:
    charger = await booted(gateway, identity)
    for _ in range(12):
        charger.abort()
        charger = await gateway.connect(identity)
        assert (await charger.call("BootNotification", BOOT))[0] == 3
    await charger.close()


async def test_events_of_a_charger_are_numbered_without_gaps(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        for number in range(5):
            status = "Available" if number % 2 else "Charging"
            await charger.call("StatusNotification", {**STATUS, "status": status})
        sequences = list(
            Event.objects.filter(charge_point__identity=identity)
            .order_by("id")
            .values_list("sequence", flat=True)
        )
        assert sequences == list(range(1, len(sequences) + 1))
        assert len(sequences) == 7


async def test_a_frame_of_an_unknown_type_is_kept_and_in_1_6_ignored(
    gateway: RunningGateway, identity: str
) -> None:
    async with await booted(gateway, identity) as charger:
        await charger.send_text('[7,"odd-1","Heartbeat",{}]')
        assert (await charger.call("Heartbeat", {}))[0] == 3
        row = Message.objects.get(charge_point__identity=identity, message_id="odd-1")
        assert (row.reply, row.outcome) == ("", "error")
