"""P16: what falls due for many at once holds no transaction of the chargers up for long."""

import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.gateway import sweep
from chargepoints.models import ChargePoint, Command, Connection, Event, ServerProcess
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db


def sweep_once(connections: dict[int, tuple[int, float]] | None = None) -> None:
    server = ServerProcess(id=uuid.uuid4(), host="here", pid=1)
    with unit_of_work() as unit:
        sweep.sweep(unit, sweep.OpenSockets(server, connections or {}))


def test_a_hundred_that_are_gone_together_are_told_of_in_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    charge_points(100)
    past = timezone.now() - timedelta(hours=1)
    ChargePoint.objects.update(reported_online=True, last_seen_at=past)
    with django_assert_max_num_queries(20):
        sweep_once()
    assert not ChargePoint.objects.filter(reported_online=True).exists()
    told = Event.objects.filter(type="charge_point.offline")
    assert set(told.values_list("occurred_at", flat=True)) == {past}
    assert told.values("charge_point").distinct().count() == told.count() == 100
    sweep_once()
    assert told.count() == 100


def test_commands_that_expire_together_expire_some_with_each_sweep() -> None:
    (charge_point,) = charge_points(1)
    now = timezone.now()
    over = {"expires_at": now, "timeout_s": 0, "requested_by": "a test"}
    sent_at = now - sweep.ANSWER_GRACE - timedelta(seconds=1)
    for state in (Command.State.QUEUED, Command.State.ACCEPTED, Command.State.SENT):
        Command.objects.bulk_create(
            Command(
                charge_point=charge_point,
                type="clear_cache",
                args={},
                state=state,
                sent_at=sent_at,
                effect_deadline=now,
                **over,
            )
            for _ in range(sweep.MOST_EXPIRED_AT_ONCE + 1)
        )
    unfinished = Command.objects.filter(finished_at=None)
    sweep_once()
    assert unfinished.count() == 3
    sweep_once()
    assert unfinished.count() == 0


def test_when_chargers_were_last_seen_is_stored_of_some_at_a_time_and_of_all_in_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began)
    seen = {number: (point.pk, began) for number, point in enumerate(charge_points(60))}
    unknown = ChargePoint.objects.filter(last_seen_at=None)
    sweep_once(seen)
    ChargePoint.objects.update(last_seen_at=None)
    for second in range(1, 31):
        monkeypatch.setattr(time, "monotonic", lambda: began + second)  # noqa: B023
        before = unknown.count()
        sweep_once(seen)
        assert before - unknown.count() == 2
    assert not unknown.exists()


def connected(charge_point: ChargePoint, server: ServerProcess, seconds_ago: int) -> Connection:
    row = Connection.objects.create(
        charge_point=charge_point,
        server=server,
        protocol="ocpp1.6",
        opened_at=timezone.now() - timedelta(seconds=seconds_ago),
    )
    ChargePoint.objects.filter(pk=charge_point.pk).update(
        connection=row, reported_online=True, last_seen_at=row.opened_at
    )
    return row


def test_a_row_whose_socket_closed_while_the_store_was_away_is_closed_and_told_of() -> None:
    sweep._last.clear()
    gone, here, coming = charge_points(3)
    server = ServerProcess.objects.create(id=uuid.uuid4(), host="here", pid=1)
    connected(gone, server, 600)
    kept = connected(here, server, 600)
    connected(coming, server, 1)
    with unit_of_work() as unit:
        sweep.sweep(unit, sweep.OpenSockets(server, {kept.pk: (here.pk, time.monotonic())}))
    online = ChargePoint.objects.exclude(connection=None)
    assert set(online.values_list("pk", flat=True)) == {here.pk, coming.pk}
    row = Connection.objects.get(charge_point=gone)
    assert row.closed_at is not None and "database" in row.close_reason
    told = Event.objects.filter(type="charge_point.offline")
    assert list(told.values_list("charge_point_id", flat=True)) == [gone.pk]


def test_who_was_away_itself_gives_others_the_time_to_come_back() -> None:
    sweep._last.clear()
    long_ago = timezone.now() - timedelta(minutes=2)
    away = {"host": "here", "pid": 1, "heartbeat_at": long_ago}
    mine, other = (ServerProcess.objects.create(id=uuid.uuid4(), **away) for _ in range(2))
    with unit_of_work() as unit:
        sweep.sweep(unit, sweep.OpenSockets(mine, {}))
    assert ServerProcess.objects.filter(pk=other.pk).exists()
    sweep._last.clear()
    with unit_of_work() as unit:
        sweep.sweep(unit, sweep.OpenSockets(mine, {}))
    assert not ServerProcess.objects.filter(pk=other.pk).exists()


def test_the_chargers_of_a_dead_server_were_last_seen_when_it_was() -> None:
    """Their grace time has begun with its silence, not with its burial."""
    sweep._last.clear()
    (lost,) = charge_points(1)
    silent_since = timezone.now() - sweep.SERVER_DEAD_AFTER - timedelta(seconds=3)
    dead = ServerProcess.objects.create(host="there", pid=1, heartbeat_at=silent_since)
    connected(lost, dead, 600)
    sweep_once()
    lost.refresh_from_db()
    assert (lost.connection_id, lost.last_seen_at) == (None, silent_since)
    row = Connection.objects.get(charge_point=lost)
    assert row.close_reason == Connection.SERVER_LOST
    assert not ServerProcess.objects.filter(pk=dead.pk).exists()
