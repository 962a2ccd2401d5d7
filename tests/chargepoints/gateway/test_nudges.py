"""Nudges are hints: whoever sends one goes on, whatever the channel layer does."""

import asyncio
import logging
import time
from typing import Any

import pytest

from chargepoints import nudges
from chargepoints.models import ChargePoint, Command, Connection, ServerProcess
from chargepoints.services.commands import submission
from chargepoints.services.stations import registry

pytestmark = pytest.mark.django_db(transaction=True)


class HangingLayer:
    """A Redis that takes the connection and says nothing."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()


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
