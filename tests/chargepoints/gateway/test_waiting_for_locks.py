"""Transactions that change the same charge points at once do not wait for each other in a circle.

On PostgreSQL alone, where each would wait a second until the database noticed: SQLite has one
writer.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.gateway import admission, sweep
from chargepoints.models import ChargePoint, Connection, Event, ServerProcess
from chargepoints.protocol.station import Station
from tests.core_link.delivery.delivering import charge_points

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def charge_point() -> ChargePoint:
    """One with an open connection, to a server that is gone."""
    (row,) = charge_points(1)
    server = ServerProcess.objects.create(
        id=uuid.uuid4(), host="there", pid=1, heartbeat_at=timezone.now() - timedelta(hours=1)
    )
    row.connection = Connection.objects.create(
        id=7, charge_point=row, server=server, protocol="ocpp1.6", remote_address="", path="/"
    )
    row.save()
    return row


@contextmanager
def meanwhile(*statements: str) -> Iterator[None]:
    """Another transaction has run these, and is not over."""
    ready, over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                ready.set()
                over.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert ready.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        yield
    finally:
        over.set()
        other.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def close(charge_point: ChargePoint) -> None:
    with transaction.atomic():
        admission.close(Station(charge_point.pk, charge_point.identity, connection_id=7), 1000, "")


def sweep_once(connections: dict[int, tuple[int, float]] | None = None) -> None:
    server = ServerProcess(id=uuid.uuid4(), host="here", pid=2)
    with unit_of_work() as unit:
        sweep.sweep(unit, sweep.OpenSockets(server, connections or {}))


def test_a_socket_closes_while_another_transaction_writes_what_refers_to_the_charge_point(
    charge_point: ChargePoint,
) -> None:
    event = Event.objects.create(
        charge_point=charge_point, sequence=1, type="t", occurred_at=timezone.now(),
        received_at=timezone.now(), data={},
    )  # fmt: skip
    with meanwhile(
        f"UPDATE chargepoints_event SET charge_point_id = charge_point_id WHERE id = {event.pk}",
        f"SELECT 1 FROM chargepoints_chargepoint WHERE id = {charge_point.pk} FOR KEY SHARE",
    ):
        close(charge_point)
    charge_point.refresh_from_db()
    assert charge_point.connection is None


def test_a_socket_that_is_being_superseded_is_closed_by_its_successor(
    charge_point: ChargePoint,
) -> None:
    with meanwhile("UPDATE chargepoints_connection SET closed_at = now() WHERE id = 7"):
        close(charge_point)
    row = Connection.objects.get(pk=7)
    assert row.closed_at is not None and row.close_code is None


def test_the_sweep_leaves_what_is_being_superseded_for_later(charge_point: ChargePoint) -> None:
    with meanwhile("UPDATE chargepoints_connection SET path = '/new' WHERE id = 7"):
        sweep_once()
        assert Connection.objects.get(pk=7).closed_at is None
        assert ServerProcess.objects.filter(host="there").exists()
    sweep._last.clear()
    sweep_once()
    assert Connection.objects.get(pk=7).closed_at is not None
    assert not ServerProcess.objects.filter(host="there").exists()
    charge_point.refresh_from_db()
    assert charge_point.connection is None


def test_the_sweep_passes_over_charge_points_that_are_being_changed(
    charge_point: ChargePoint,
) -> None:
    sweep._last.clear()
    with meanwhile(f"UPDATE chargepoints_chargepoint SET name = '' WHERE id = {charge_point.pk}"):
        unit = UnitOfWork()
        now = timezone.now()
        server = ServerProcess(id=uuid.uuid4(), host="here", pid=2)
        sockets = sweep.OpenSockets(server, {7: (charge_point.pk, time.monotonic())})
        with transaction.atomic():
            sweep._flush_last_seen(unit, sockets, now)
            unit.flush()
    charge_point.refresh_from_db()
    assert charge_point.last_seen_at is None
