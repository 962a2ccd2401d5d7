"""Nudges are hints: whoever sends one goes on, whatever the channel layer does."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from chargepoints import nudges
from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command, Connection, ServerProcess
from chargepoints.services.commands import outcomes, submission
from chargepoints.services.stations import registry

pytestmark = pytest.mark.django_db(transaction=True)


class HangingLayer:
    """A Redis that takes the connection and says nothing."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()


class OpenLayer:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.sent.append(message)


class BrokenLayer:
    async def send(self, channel: str, message: dict[str, Any]) -> None:
        raise ConnectionError("Redis is away")


def connected() -> ChargePoint:
    row = registry.register("CP-1", protocol="ocpp1.6")
    server = ServerProcess.objects.create(host="here", pid=1)
    row.connection = Connection.objects.create(charge_point=row, server=server, protocol="ocpp1.6")
    row.save()
    return row


@pytest.mark.parametrize("layer", [HangingLayer(), BrokenLayer()], ids=["hangs", "is away"])
def test_a_command_is_taken_in_whatever_the_layer_does(
    layer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nudges, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(nudges, "PATIENCE_S", 0.1)
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, "chargepoints.nudges"):
        submission.submit(connected(), "clear_cache", {}, requested_by="test")
    assert time.monotonic() - begun < 5
    assert "no nudge for" in caplog.text
    assert Command.objects.get().state == Command.State.QUEUED


Forwarded = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def forwarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarded]:
    """What the gateway of this process hands to the channels of others."""
    found: Forwarded = []
    monkeypatch.setattr(nudges, "_this_process", None)
    nudges.register_process(uuid4(), lambda nudge: None, lambda *told: found.append(told))
    yield found
    nudges._asked.clear()


def accept(command: Command) -> None:
    with unit_of_work() as unit:
        outcomes.finish(unit, command, Command.State.ACCEPTED)


def test_a_process_that_has_asked_for_a_command_is_told_as_it_goes_on(
    forwarded: Forwarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = OpenLayer()
    monkeypatch.setattr(nudges, "get_channel_layer", lambda: layer)
    row = connected()
    command = submission.submit(row, "clear_cache", {}, requested_by="test")
    (nudge,) = layer.sent
    assert nudge["charge_point_ids"] == [row.pk]
    assert UUID(nudge["asked_by"].rpartition(".")[2]), "the channel of this process"
    # As the process that has the socket takes it, from two that have asked.
    for channel in ("one", "two", "one"):
        nudges.asked_by(row.pk, channel)
    accept(command)
    told = {"charge_point_ids": [], "went_on": str(command.pk)}
    assert forwarded == [("one", told), ("two", told)]


def test_nobody_is_told_for_ever_or_of_what_it_asked_itself(
    forwarded: Forwarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connected()
    monkeypatch.setattr(nudges, "NOTIFY_FOR_S", 0.0)
    nudges.asked_by(row.pk, "long ago")
    assert nudges._this_process is not None
    nudges.asked_by(row.pk, nudges._this_process.channel)
    monkeypatch.setattr(nudges, "get_channel_layer", OpenLayer)
    accept(submission.submit(row, "clear_cache", {}, requested_by="test"))
    assert forwarded == []
    assert nudges._asked == {}
