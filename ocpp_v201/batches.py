"""As many items in a request as the station takes: its ItemsPerMessage and BytesPerMessage."""

from collections.abc import Callable

import orjson

from chargepoints.models import Command
from chargepoints.services import device_model
from chargepoints.versions import Batched, Payload

# The frame around a payload: brackets, message type, a UUID, the action's name.
FRAME_BYTES = 90


def following(
    command: Command,
    batched: Batched,
    items: list[Payload],
    wrap: Callable[[list[Payload]], Payload],
    component: str,
    instance: str,
) -> Payload:
    """The request for the next items of this command (B05.FR.11, B06.FR.05, N04.FR.09)."""
    rest = items[batched.answered(command) :]
    most = device_model.limit(command.charge_point_id, component, "ItemsPerMessage", instance)
    size = device_model.limit(command.charge_point_id, component, "BytesPerMessage", instance)
    count = min(len(rest), most or len(rest))
    if size is not None:
        while count > 1 and len(orjson.dumps(wrap(rest[:count]))) + FRAME_BYTES > size:
            count -= 1
    return wrap(rest[:count])
