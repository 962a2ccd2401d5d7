"""The fields that a message can do without: each is left out, by itself and with all others."""

from collections.abc import Iterator
from typing import Any

import pytest

from chargepoints.models import Message
from chargepoints.protocol.versions import OcppVersion, installed_versions
from tests.fakes import frames, payloads
from tests.faults.test_mutated_frames import valid
from tests.operated import OperatedCharger, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

Payload = dict[str, Any]
Path = tuple[str | int, ...]
# So many messages a socket takes before it has to keep its pace.
UNPACED = 80


def paths(value: Any, names: frozenset[str], path: Path = ()) -> Iterator[Path]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in members:
        if name in names:
            yield (*path, name)
        if isinstance(inner, dict | list):
            yield from paths(inner, names, (*path, name))


def without(payload: Payload, names: frozenset[str]) -> Iterator[Payload]:
    rest = payload
    for path in paths(payload, names):
        yield payloads.altered(payload, path, None, drop=True)
    while found := next(paths(rest, names), None):
        rest = payloads.altered(rest, found, None, drop=True)
    yield rest


def messages(version: OcppVersion) -> Iterator[tuple[str, Payload]]:
    for action, handler in sorted(version.handlers.items()):
        if handler.dispensable:
            for payload in without(valid(version, action), handler.dispensable):
                yield action, payload


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_message_is_taken_without_any_of_what_it_can_do_without(
    gateway: RunningGateway, identity: str, protocol: str
) -> None:
    version = installed_versions()[protocol]
    connect = OperatedCharger.connect if version.assumed else OperatedStation.connect
    count = 0
    async with await connect(gateway, identity, protocol, proactive=False) as cp:
        for action, payload in messages(version):
            count += 1
            if count % UNPACED == 0:
                await cp.reconnect()
            if action in version.schemas.unconfirmed:
                await cp.charger.send_unconfirmed(action, payload)
                continue
            reply = await cp.charger.call(action, payload)
            assert reply[0] == frames.CALLRESULT, (action, payload, reply)
        sent = Message.objects.filter(charge_point=cp.row, direction="in")
        # The boot is one more.
        await eventually(lambda: sent.count() >= count + 1)
        assert count > 20
        assert [(each.action, each.request) for each in sent.exclude(error_code="")] == []
