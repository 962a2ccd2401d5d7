"""`manage.py simulate`: a night at a depot against a running server, and three books compared."""

import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from chargepoints.models import ChargePoint, Message, MeterValue, Transaction
from connect_site.simulation.comparison import compare
from connect_site.simulation.journal import Journal
from connect_site.simulation.nights import depot_night
from connect_site.simulation.registration import register
from tests.running_gateway import RunningGateway

AT = "2026-11-20T22:00:00.250Z"


@pytest.mark.slow
def test_a_night_is_lived_and_all_books_agree(gateway: RunningGateway) -> None:
    port = str(gateway.port)
    arguments = ["simulate", "--chargers", "12", "--seed", "7", "--seconds", "10", "--ramp", "1"]
    output = gateway.manage(*arguments, "--interval", "1", "--port", port)
    assert "connected     12 of 12" in output or "booted" in output
    shown = dict(line.strip().rsplit(maxsplit=1) for line in output.splitlines()[-8:] if line[:1])
    assert (shown["transactions"], shown["faults"]) == ("12", "0")
    assert int(shown["samples acknowledged"]) > 40
    assert int(shown["events"]) > 60
    rows = Transaction.objects.filter(charge_point__identity__startswith="SIM-")
    assert rows.filter(ended_at=None).count() == 0
    assert {row.charge_point.protocol for row in rows} == {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}
    of_2_1 = rows.filter(charge_point__protocol="ocpp2.1")
    assert {(row.details or {}).get("operation_mode") for row in of_2_1} == {"ChargingOnly"}


def test_the_same_seed_draws_the_same_night() -> None:
    assert depot_night(50, 7, 600, 60) == depot_night(50, 7, 600, 60)
    assert depot_night(50, 7, 600, 60) != depot_night(50, 8, 600, 60)


def test_a_battery_takes_less_when_it_is_nearly_full() -> None:
    for night in depot_night(20, 1, 600, 60):
        times = [night.arrives_at + step for step in range(0, 400, 20)]
        energy = [night.charged_wh(at) for at in times]
        assert energy == sorted(energy) and energy[-1] <= night.needs_wh
        assert night.power_at(night.arrives_at - 1) == 0.0
        assert 0 <= night.power_at(times[-1]) <= night.power_w


@pytest.fixture
def journal(db: None) -> Journal:
    """One charger that told a start, a sample and an end, all of which are stored."""
    register(["SIM-00001"])
    row, now = ChargePoint.objects.get(identity="SIM-00001"), timezone.now()
    Message.objects.create(
        charge_point=row,
        direction=Message.Direction.FROM_CHARGER,
        message_id="m1",
        started_at=now,
        outcome=Message.Outcome.RESULT,
    )
    sample(row)
    Transaction.objects.create(
        charge_point=row,
        transaction_id="T1",
        started_received_at=now,
        meter_start_wh=0.0,
        meter_stop_wh=500.0,
    )
    journal = Journal()
    book = journal.book("SIM-00001")
    book.acknowledged.add("m1")
    book.samples[AT] += 1
    told = book.transaction
    told.transaction_id, told.start_wh, told.stop_wh = "T1", 0.0, 500.0
    return journal


def sample(row: ChargePoint, key: int = 1) -> None:
    MeterValue.objects.create(
        charge_point=row, sampled_at=AT, received_at=timezone.now(), key=key, samples=[]
    )


def faults(journal: Journal) -> list[str]:
    return compare(journal, timezone.now() - timedelta(minutes=1)).faults


def test_books_that_agree_have_no_faults(journal: Journal) -> None:
    assert faults(journal) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"acknowledged": {"m1", "m2"}}, "1 acknowledged messages are not stored"),
        (
            {"samples": Counter([AT, "2026-11-20T22:01:00.250Z"])},
            "1 acknowledged samples are not stored",
        ),
    ],
)
def test_what_was_acknowledged_and_is_not_stored_is_a_fault(
    journal: Journal, change: dict[str, Any], fault: str
) -> None:
    for name, value in change.items():
        setattr(journal.book("SIM-00001"), name, value)
    assert faults(journal) == [f"SIM-00001: {fault}"]


def test_what_is_stored_twice_is_a_fault(journal: Journal) -> None:
    sample(ChargePoint.objects.get(identity="SIM-00001"), key=2)
    assert faults(journal) == ["SIM-00001: 1 samples are stored twice"]


def test_two_samples_of_one_moment_are_no_fault_if_both_were_sent(journal: Journal) -> None:
    sample(ChargePoint.objects.get(identity="SIM-00001"), key=2)
    journal.book("SIM-00001").samples[AT] += 1
    assert faults(journal) == []


def test_a_reading_that_differs_is_a_fault(journal: Journal) -> None:
    Transaction.objects.update(meter_stop_wh=400.0)
    assert "it metered (0.0, 500.0), and (0.0, 400.0) is stored" in faults(journal)[0]


def test_a_transaction_that_is_stored_twice_is_a_fault(journal: Journal) -> None:
    Transaction.objects.create(
        charge_point=ChargePoint.objects.get(identity="SIM-00001"),
        transaction_id="T2",
        started_received_at=timezone.now(),
    )
    assert "2 transactions are stored" in faults(journal)[0]


def test_the_number_of_chargers_is_bounded() -> None:
    with pytest.raises(Exception, match="not a number from 1 to 50000"):
        call_command("simulate", "--chargers", "0", stderr=io.StringIO())
