"""The runs of server processes, and the times when none was running."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from chargepoints.models import ServerProcess, ServerRun
from chargepoints.services.availability.timeline import Interval


def begin(server_id: uuid.UUID, at: datetime) -> None:
    ServerRun.objects.create(server_id=server_id, began_at=at)


def end(server_ids: Sequence[uuid.UUID], at: datetime) -> None:
    ServerRun.objects.filter(server_id__in=server_ids, ended_at=None).update(ended_at=at)


def end_with_last_heartbeat(server_ids: Sequence[uuid.UUID]) -> None:
    """End the runs of lost processes at their last heartbeat."""
    for server in ServerProcess.objects.filter(pk__in=server_ids):
        end([server.pk], server.heartbeat_at)


def downtimes(begin_at: datetime, end_at: datetime) -> list[Interval]:
    """The times when no process was running, as far back as runs are recorded."""
    first = ServerRun.objects.order_by("began_at").values_list("began_at", flat=True).first()
    if first is None:
        return []
    runs = ServerRun.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begin_at), began_at__lt=end_at
    ).order_by("began_at")
    found, nobody_since = [], max(first, begin_at)
    for began_at, ended_at in runs.values_list("began_at", "ended_at"):
        if began_at > nobody_since:
            found.append((nobody_since, began_at))
        nobody_since = max(nobody_since, min(ended_at or end_at, end_at))
    if nobody_since < end_at:
        found.append((nobody_since, end_at))
    return found
