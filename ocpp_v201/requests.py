"""Parts that several requests share: the request id, criteria, tries."""

from collections.abc import Callable
from datetime import datetime

from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Payload
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.station_numbers import next_number

# Deviation: a request id that the gateway did not issue.
ODD_REQUEST_ID = "odd_requestId"


def request_id(command: Command) -> int:
    return next_number(command.charge_point_id)


def effect_of_report(inbound: Inbound, effect: Callable[[int | None], str]) -> str:
    """The effect key of a station's message, from its request id.

    If the id is missing, 0 or -1, use the only request that waits for such a message.
    """
    number = inbound.payload.get("requestId")
    key = effect(number)
    if inbound.station.strict or (number is not None and number > 0):
        return key
    waiting = outcomes.awaited_of_kind(inbound.station.id, key.partition(":")[0])
    if len(waiting) != 1:
        return key
    inbound.deviate(ODD_REQUEST_ID)
    return waiting[0]


def asked_for_all(command: Command) -> datetime | None:
    """When a request without criteria was sent: rows that its report lacks are deleted."""
    return command.sent_at if set(command.request or {}) == {"requestId"} else None


def tries(args: Payload) -> Payload:
    """The number of tries to transfer a file, and the seconds between them."""
    said: Payload = {}
    if "retries" in args:
        said["retries"] = args["retries"]
    if "retry_interval_s" in args:
        said["retryInterval"] = args["retry_interval_s"]
    return said
