"""What several requests have: a number that ties later messages to them, criteria, tries."""

from datetime import datetime

from chargepoints.models import Command
from chargepoints.protocol.versions import Payload
from chargepoints.services.commands.station_numbers import next_number


def request_id(command: Command) -> int:
    return next_number(command.charge_point_id)


def asked_for_all(command: Command) -> datetime | None:
    """When a request without criteria was sent: rows that its report lacks are deleted."""
    return command.sent_at if set(command.request or {}) == {"requestId"} else None


def tries(args: Payload) -> Payload:
    """How often the station tries to fetch or send a file, and how many seconds apart."""
    said: Payload = {}
    if "retries" in args:
        said["retries"] = args["retries"]
    if "retry_interval_s" in args:
        said["retryInterval"] = args["retry_interval_s"]
    return said
