"""What a message costs to store while the history grows.

    python -m benchmarks.growth [--rows 100000,1000000] [--directory /var/tmp]

On SQLite and, where it is installed, on a private PostgreSQL: the messages, meter values and events
of 1,000 charge points come by turns, as in a depot. When the tables have so many rows each, 200
batches of 16 messages are written with a commit each, as the gateway's writer does: microseconds of
CPU of this process and of the database's for each message, and of elapsed time. On PostgreSQL the
messages are cut into partitions of 100,000.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import postgresql
from benchmarks.gateway import NOTHING, REPOSITORY, Gateway, temporary_directory
from benchmarks.processes import cpu_seconds

CHARGE_POINTS = 1_000
BATCH, BATCHES = 16, 200
# While the history is written.
AT_ONCE = 2_000
ROWS_OF_A_PARTITION = 100_000
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """Of one message, in microseconds."""

    rows: int
    process_us: float
    database_us: float
    elapsed_us: float
    megabytes: float


class History:
    """Messages with a meter value and an event each, of all charge points by turns."""

    def __init__(self, charge_point_ids: list[int]) -> None:
        self._ids = charge_point_ids
        self.count = 0

    def write(self, messages: int) -> None:
        """In one transaction, as a batch of the gateway's writer."""
        from chargepoints.database.lock_priority import transaction_of_chargers
        from chargepoints.database.unit_of_work import UnitOfWork

        with transaction_of_chargers():
            unit = UnitOfWork()
            for _ in range(messages):
                self._append(unit)
            unit.flush()

    def _append(self, unit: Any) -> None:
        from chargepoints.models import Message, MeterValue

        number, self.count = self.count, self.count + 1
        charge_point_id = self._ids[number % len(self._ids)]
        at = BEGUN + timedelta(seconds=number / 20)
        samples = [{"value": str(number), "measurand": "Energy.Active.Import.Register"}]
        unit.append(
            Message,
            Message.row(
                charge_point_id=charge_point_id,
                connection_id=1,
                direction="in",
                action="MeterValues",
                message_id=str(number),
                request='[2,"1","MeterValues",{"connectorId":1,"meterValue":[]}]' + " " * 400,
                reply='[3,"1",{}]',
                outcome="result",
                error_code="",
                deviations=[],
                started_at=at,
                duration_ms=1.5,
            ),
        )
        unit.append(
            MeterValue,
            MeterValue.row(
                charge_point_id=charge_point_id,
                transaction_id=None,
                evse_id=1,
                sampled_at=at,
                received_at=at,
                key=number,
                conflict=False,
                energy_wh=float(number),
                power_w=11_000.0,
                current_a=16.0,
                voltage_v=None,
                soc_percent=47.0,
                samples=samples * 4,
            ),
        )
        unit.emit(
            charge_point_id,
            "meter_values.recorded",
            {"evse_id": 1, "meter_values": samples},
            occurred_at=at,
            ocpp={"version": "1.6", "payload": {"meterValue": samples * 4}},
        )


def costs(sizes: list[int], database_pid: int | None) -> Iterator[Cost]:
    """In an empty database, whose tables there are."""
    from chargepoints.models import ChargePoint
    from chargepoints.services.stations.registry import register

    for number in range(CHARGE_POINTS):
        register(f"GROWTH-{number:05d}")
    history = History(list(ChargePoint.objects.order_by("pk").values_list("pk", flat=True)))
    for size in sizes:
        while history.count < size:
            history.write(min(AT_ONCE, size - history.count))
            _cut(history.count)
        for _ in range(BATCHES // 4):
            history.write(BATCH)  # what the large batches have left in the caches is gone
        yield _measured(history, size, database_pid)


def _cut(messages: int) -> None:
    """Cut the trace into partitions, as `prune` does where it has some."""
    from chargepoints.database import partitions
    from chargepoints.models import Message

    table = Message._meta.db_table
    parts = partitions.of(table)
    if parts and messages >= (parts[-1].begin or 0):
        assert partitions.cut(table, at=messages + ROWS_OF_A_PARTITION)


def _measured(history: History, size: int, database_pid: int | None) -> Cost:
    begun, process, database = time.monotonic(), time.process_time(), cpu_seconds(database_pid)
    for _ in range(BATCHES):
        history.write(BATCH)
    messages = BATCHES * BATCH
    return Cost(
        size,
        (time.process_time() - process) / messages * 1e6,
        (cpu_seconds(database_pid) - database) / messages * 1e6,
        (time.monotonic() - begun) / messages * 1e6,
        _megabytes(),
    )


def _megabytes() -> float:
    from django.db import connection

    if connection.vendor == "sqlite":
        return Path(str(connection.settings_dict["NAME"])).stat().st_size / 1e6
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    return float(size) / 1e6


def in_this_process(sizes: list[int], database_pid: int | None) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for cost in costs(sizes, database_pid):
        print(
            f"{cost.rows:>12,} rows   CPU {cost.process_us:6.0f} us + database"
            f" {cost.database_us:6.0f} us a message   elapsed {cost.elapsed_us:6.0f} us"
            f"   {cost.megabytes:8,.0f} MB",
            flush=True,
        )


def _run(title: str, gateway: Gateway, rows: str) -> None:
    print(title, flush=True)
    pid = str(gateway.database.pid or 0)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "in", rows, pid],
        env=gateway.environment(NOTHING),
        cwd=REPOSITORY,
        check=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    with temporary_directory(options.directory, keep=False) as directory:
        _run("SQLite", Gateway.on_sqlite(directory), options.rows)
        if postgresql.binaries():
            with postgresql.cluster(directory) as database:
                _run("PostgreSQL", Gateway(database, directory), options.rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["in"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
        import django

        django.setup()
        in_this_process([int(rows) for rows in sys.argv[2].split(",")], int(sys.argv[3]) or None)
    else:
        main()
