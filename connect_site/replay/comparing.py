"""Compares the recording with the replay, without values that differ each time."""

import json
from collections.abc import Iterator
from typing import Any

from connect_site.replay.recording import is_time

# Ids that each installation assigns, and values that depend on the connection to core.
OWN = frozenset(
    {"command_id", "decided_by", "id", "remote_address", "trace_id", "transaction", "upload_id"}
)
# Events about sockets and commands, whose order and number may differ.
NOT_COMPARED = frozenset({"charge_point.offline", "charge_point.online", "command.finished"})
# OCPP 1.6 does not report it: a message that is ten minutes late counts as offline. In a fast
# replay the messages of the first hours are that late.
OFFLINE = "offline"
# Events of a message that was replayed only in part.
OF_READINGS = frozenset({"meter_values.recorded"})
LONGEST = 200


def differences(recorded: Any, seen: Any, where: str) -> Iterator[str]:
    """Yield a line for each difference."""
    if isinstance(recorded, dict) and isinstance(seen, dict):
        for name in sorted((recorded.keys() | seen.keys()) - OWN):
            if name == OFFLINE and (recorded.get(name), seen.get(name)) == (False, True):
                continue
            place = f"{where}/{name}"
            if name not in seen:
                yield f"{place}: was {_shown(recorded[name])}, is missing now"
            elif name not in recorded:
                yield f"{place}: was missing, is {_shown(seen[name])} now"
            else:
                yield from differences(recorded[name], seen[name], place)
    elif isinstance(recorded, list) and isinstance(seen, list) and len(recorded) == len(seen):
        for number, (was, now) in enumerate(zip(recorded, seen, strict=True)):
            yield from differences(was, now, f"{where}/{number}")
    elif not (is_time(recorded) and is_time(seen)) and recorded != seen:
        yield f"{where}: was {_shown(recorded)}, is {_shown(seen)} now"


def of_replies(was: list[Any] | None, seen: list[Any] | None, where: str) -> Iterator[str]:
    """Compare the message type of a reply, and its payload or error code."""
    if was is None or seen is None:
        if was != seen:
            yield f"{where}: was {_shown(was)}, is {_shown(seen)} now"
        return
    yield from differences([was[0], was[2]], [seen[0], seen[2]], where)


def of_events(
    recorded: list[dict[str, Any]], seen: list[dict[str, Any]], left_out: frozenset[str]
) -> Iterator[str]:
    """Compare events in their order; `seen` comes from the API."""
    left_out |= NOT_COMPARED
    was = [each for each in recorded if each["event"] not in left_out]
    now = [each for each in seen if each["type"] not in left_out]
    types_was, types_now = [each["event"] for each in was], [each["type"] for each in now]
    if types_was != types_now:
        yield f"events: were {_shown(types_was)}, are {_shown(types_now)} now"
        return
    for number, (before, after) in enumerate(zip(was, now, strict=True), 1):
        yield from differences(before["data"], after["data"], f"event {number} {before['event']}")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
