"""Splits requests by the station's ItemsPerMessage and BytesPerMessage."""

from collections.abc import Callable

import orjson

from chargepoints.models import Command
from chargepoints.protocol.versions import Batched, Payload
from chargepoints.services.device_model import variables

# The frame around a payload: brackets, message type, a UUID, the action.
FRAME_BYTES = 90

Wrap = Callable[[list[Payload]], Payload]


def following(
    command: Command,
    batched: Batched,
    items: list[Payload],
    wrap: Wrap,
    component: str,
    instance: str,
) -> Payload:
    """The request for the next items of this command (B05.FR.11, B06.FR.05, N04.FR.09)."""
    rest = items[batched.answered(command) :]
    return wrap(rest[: fitting(command.charge_point_id, rest, wrap, component, instance)])


def fitting(
    charge_point_id: int, items: list[Payload], wrap: Wrap, component: str, instance: str
) -> int:
    """How many items fit into one request, from the first one; the first item always fits."""
    most = variables.limit(charge_point_id, component, "ItemsPerMessage", instance)
    size = variables.limit(charge_point_id, component, "BytesPerMessage", instance)
    count = min(len(items), most or len(items))
    if size is None:
        return count
    room = size - FRAME_BYTES - len(orjson.dumps(wrap([])))
    for number, item in enumerate(items[:count]):
        room -= len(orjson.dumps(item)) + 1  # and a comma
        if room < 0:
            return max(number, 1)
    return count
