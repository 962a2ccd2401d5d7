"""The sweep of one server process, once a second, in one transaction of the writer."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Greatest

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.database import shared_clock, statements, storage
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command, Connection, ServerProcess
from chargepoints.services.availability import server_runs
from chargepoints.services.commands import missing_effects, outcomes, roll_out_steps
from chargepoints.services.history import fleet_samples
from chargepoints.services.tokens import reservations

State = Command.State
ErrorClass = Command.ErrorClass

HEARTBEAT_EVERY_S = 5.0
SERVER_DEAD_AFTER = timedelta(seconds=30)
# Promise: last seen is flushed within 60 s.
FLUSH_EVERY_S = 30
FLEET_SAMPLE_EVERY_S = 20.0
# A connection that was opened this recently may not have its session yet, or may be closing.
JUST_OPENED = timedelta(seconds=10)
ANSWER_GRACE = timedelta(seconds=15)
MOST_AT_ONCE = 500
# P16: chargers wait for the sweep's transaction, and these cost some statements each.
MOST_EXPIRED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class OpenSockets:
    """This process's sockets: connection id to (charge point id, monotonic time of last byte).

    A copy made on the event loop: the writer's thread reads it while sockets open and close.
    """

    server: ServerProcess
    connections: dict[int, tuple[int, float]]
    at: datetime = field(default_factory=clock.now)


@dataclass(slots=True)
class Found:
    changed: list[ChargePoint] = field(default_factory=list)
    with_commands: list[int] = field(default_factory=list)
    superseded: list[tuple[int, int]] = field(default_factory=list)


# Queried every second; usually there is none.
_OPEN_COMMAND = "SELECT 1 FROM chargepoints_command WHERE finished_at IS NULL LIMIT 1"
_GONE = (
    "SELECT 1 FROM chargepoints_chargepoint "
    "WHERE reported_online AND connection_id IS NULL AND last_seen_at <= %s LIMIT 1"
)

_last: dict[str, float] = {}
_settings_read_at: dict[uuid.UUID, datetime] = {}


def sweep(unit: UnitOfWork, sockets: OpenSockets) -> Found:
    shared_clock.synchronize()
    now = clock.now()
    found = Found()
    storage.check_room()
    if _due(unit, "heartbeat", HEARTBEAT_EVERY_S):
        beat_at = sockets.server.heartbeat_at
        was_away = now - beat_at > SERVER_DEAD_AFTER
        sockets.server.heartbeat_at = now
        # Saved, not updated: after a long outage another process may have removed this row.
        sockets.server.save()
        if was_away:
            server_runs.end([sockets.server.pk], beat_at)
            server_runs.begin(sockets.server.pk, now)
        else:
            # If this process was away, for example with the database, others get time to return.
            _close_dead_servers(now)
        _close_connections_without_socket(sockets)
        found.superseded = _superseded(sockets)
    _flush_last_seen(unit, sockets, now)
    roll_out_steps.step(unit, now)
    if _due(unit, "fleet_sample", FLEET_SAMPLE_EVERY_S):
        fleet_samples.take(now)
    commands_open = unit.fetch_one(_OPEN_COMMAND, ()) is not None
    if commands_open:
        _expire(unit, now)
    reservations.expire(unit, now)
    _report_offline(unit, now)
    if sockets.connections:
        mine = ChargePoint.objects.filter(connection__server_id=sockets.server.pk)
        since = _settings_read_at.get(sockets.server.pk, now - timedelta(seconds=10))
        # They overlap, because a change commits a little after its timestamp.
        found.changed = list(
            mine.filter(settings_changed_at__gt=since - timedelta(seconds=2))[:MOST_AT_ONCE]
        )
        _settings_read_at[sockets.server.pk] = now
    if commands_open and sockets.connections:
        found.with_commands = list(
            Command.objects.filter(
                state=State.QUEUED,
                finished_at=None,
                charge_point__connection__server_id=sockets.server.pk,
            ).values_list("charge_point_id", flat=True)[:MOST_AT_ONCE]
        )
    return found


def open_server(server: ServerProcess) -> None:
    """This process has started. If only one can run (P15), all other rows are stale."""
    shared_clock.synchronize()
    server.started_at = server.heartbeat_at = clock.now()
    if connection.vendor == "sqlite":
        others = list(ServerProcess.objects.values_list("pk", flat=True))
        server_runs.end_with_last_heartbeat(others)
        now = clock.now()
        _close_connections(others, now, Connection.SERVER_LOST, last_seen_at=now)
        ServerProcess.objects.filter(pk__in=others).delete()
    server.save(force_insert=True)
    server_runs.begin(server.pk, server.started_at)


def close_server(server_id: uuid.UUID) -> None:
    """This process has stopped: close its connections, and delete its row."""
    now = clock.now()
    closed = _close_connections([server_id], now, Connection.SERVER_STOPPED, last_seen_at=now)
    server_runs.end([server_id], now)
    if closed:  # else another process's sweep deletes it later
        ServerProcess.objects.filter(pk=server_id).delete()


def _due(unit: UnitOfWork, name: str, every_s: float) -> bool:
    """Stays due if the transaction is rolled back, because the unit then runs again."""
    now = time.monotonic()
    if now - _last.get(name, 0.0) < every_s:
        return False
    unit.after_commit(lambda: _last.update({name: now}))
    return True


def _close_dead_servers(now: datetime) -> None:
    """Close the connections of lost servers; the grace time began at the last heartbeat."""
    dead = ServerProcess.objects.filter(heartbeat_at__lt=now - SERVER_DEAD_AFTER)
    for pk, alive_at in list(dead.values_list("pk", "heartbeat_at")):
        last_seen_at = Greatest("last_seen_at", Value(alive_at))
        if _close_connections([pk], now, Connection.SERVER_LOST, last_seen_at=last_seen_at):
            server_runs.end_with_last_heartbeat([pk])
            ServerProcess.objects.filter(pk=pk).delete()


def _close_connections_without_socket(sockets: OpenSockets) -> None:
    """Close rows of this process that are still open, but have no socket.

    Their sockets closed while the database was unavailable. `last_seen_at` stays as it is.
    """
    opened_before = sockets.at - JUST_OPENED
    open_here = Connection.objects.filter(
        server_id=sockets.server.pk, closed_at=None, opened_at__lt=opened_before
    ).values_list("pk", flat=True)
    without_socket = [pk for pk in open_here if pk not in sockets.connections][:MOST_AT_ONCE]
    if without_socket:
        rows = Connection.objects.filter(pk__in=without_socket)
        _close(rows, sockets.at, Connection.CLOSED_WITHOUT_STORE)


def _close_connections(
    server_ids: list[uuid.UUID], now: datetime, reason: str, **changes: object
) -> bool:
    """Close the connections of these servers; return whether all of them are closed."""
    lost = Connection.objects.filter(server_id__in=server_ids, closed_at=None)
    _close(lost, now, reason, **changes)
    return not lost.exists()


def _close(rows: QuerySet[Connection], closed_at: datetime, reason: str, **changes: object) -> None:
    """Skips connections that a handshake has locked because it supersedes them, so that it never
    waits here. `changes` apply to charge points that have no later connection.
    """
    free = rows.filter(closed_at=None).select_for_update(skip_locked=True, no_key=True)
    closed = list(free.order_by().values_list("pk", flat=True))
    ChargePoint.objects.filter(connection__in=closed).update(connection=None, **changes)
    Connection.objects.filter(pk__in=closed).update(closed_at=closed_at, close_reason=reason)


def _flush_last_seen(unit: UnitOfWork, sockets: OpenSockets, now: datetime) -> None:
    """Each sweep writes a part, in turn: all at once would delay thousands of replies (P16)."""
    monotonic = time.monotonic()
    turn = int(monotonic)
    done = max(int(_last.get("flush", 0.0)), turn - FLUSH_EVERY_S)
    _last["flush"] = monotonic
    turns = {each % FLUSH_EVERY_S for each in range(done + 1, turn + 1)}
    charge_points = {
        pk: now - timedelta(seconds=monotonic - at)
        for connection_id, (pk, at) in sockets.connections.items()
        if connection_id % FLUSH_EVERY_S in turns
    }
    # Rows that another transaction is changing are skipped.
    free = statements.free_row("chargepoints_chargepoint")
    sql = f"UPDATE chargepoints_chargepoint SET last_seen_at = %s WHERE {free}"  # noqa: S608
    for pk, at in sorted(charge_points.items()):
        # Doubled, because the transaction of the last turn may have failed.
        if now - at < timedelta(seconds=2 * FLUSH_EVERY_S):
            unit.update(sql, (at, pk))


def _superseded(sockets: OpenSockets) -> list[tuple[int, int]]:
    current = set(
        ChargePoint.objects.filter(connection__server_id=sockets.server.pk).values_list(
            "connection_id", flat=True
        )
    )
    return [
        (charge_point_id, connection_id)
        for connection_id, (charge_point_id, _) in sockets.connections.items()
        if connection_id not in current
    ]


def _expire(unit: UnitOfWork, now: datetime) -> None:
    """End commands that were not sent, answered or effective in time."""
    open_commands = Command.objects.filter(finished_at=None)
    expired = open_commands.filter(state=State.QUEUED, expires_at__lte=now)
    for command in expired[:MOST_EXPIRED_AT_ONCE]:
        taken = Command.objects.filter(pk=command.pk, state=State.QUEUED).update(
            state=State.EXPIRED
        )
        if taken:
            detail = "the charge point did not take it in time"
            outcomes.fail(unit, command, State.EXPIRED, ErrorClass.TRANSPORT, "expired", detail)
    overdue = open_commands.filter(state=State.ACCEPTED, effect_deadline__lte=now)
    for command in overdue.select_related("charge_point")[:MOST_EXPIRED_AT_ONCE]:
        missing_effects.end_without_effect(unit, command)
    detail = "whether the charger acted on it is not known"
    unanswered = open_commands.filter(state=State.SENT, effect_deadline__lte=now)
    for command in unanswered[:MOST_EXPIRED_AT_ONCE]:
        code = "connection_lost"
        outcomes.fail(unit, command, State.TIMEOUT, ErrorClass.TRANSPORT, code, detail)
    # The process that sent them died before the answer.
    sent = open_commands.filter(
        state=State.SENT, effect_deadline=None, sent_at__lte=now - ANSWER_GRACE
    )
    lost = (
        command
        for command in sent
        if now - (command.sent_at or now) - ANSWER_GRACE >= timedelta(seconds=command.timeout_s)
    )
    for command in islice(lost, MOST_EXPIRED_AT_ONCE):
        outcomes.fail(unit, command, State.TIMEOUT, ErrorClass.TRANSPORT, "server_lost", detail)


def _report_offline(unit: UnitOfWork, now: datetime) -> None:
    """Report a lost charger to core only after a grace time: many are back in seconds."""
    grace = timedelta(seconds=settings.OFFLINE_GRACE_S)
    if unit.fetch_one(_GONE, (now - grace,)) is None:
        return
    # Locked until the commit, so that another process's sweep reports none of them again.
    gone = dict(
        ChargePoint.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(reported_online=True, connection=None, last_seen_at__lte=now - grace)
        .values_list("pk", "last_seen_at")[:MOST_AT_ONCE]
    )
    ChargePoint.objects.filter(pk__in=gone).update(reported_online=False)
    for charge_point_id, last_seen_at in gone.items():
        unit.emit(
            charge_point_id,
            "charge_point.offline",
            {"last_seen_at": api_time(last_seen_at)},
            occurred_at=last_seen_at,
            received_at=now,
        )
