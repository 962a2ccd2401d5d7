"""What `manage.py prune` takes of the history of a charger, and what it leaves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from chargepoints.models import (
    Connection,
    HandshakeRefusal,
    Message,
    MeterValue,
    Mirror,
    StatusChange,
    Transaction,
)
from chargepoints.services.history import retention
from tests.fakes.trials import until
from tests.running_gateway import RunningGateway

SAMPLE = {"timestamp": "2026-11-20T10:05:00Z", "sampledValue": [{"value": "6"}]}
START = {"connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": "2026-11-20T10:00:00Z"}


async def a_days_work(gateway: RunningGateway, identity: str) -> None:
    """One transaction that ends, and one that stays open."""
    async with await gateway.connect(identity) as charger:
        await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        for connector in (1, 2):
            status = {"connectorId": connector, "status": "Charging", "errorCode": "NoError"}
            await charger.call("StatusNotification", status)
            start = await charger.call("StartTransaction", {**START, "connectorId": connector})
            number = start[2]["transactionId"]
            values = {"connectorId": connector, "transactionId": number, "meterValue": [SAMPLE]}
            await charger.call("MeterValues", values)
        stop = {"transactionId": 1, "meterStop": 9, "timestamp": "2026-11-20T10:09:00Z"}
        await charger.call("StopTransaction", stop)
    own = Connection.objects.filter(charge_point__identity=identity, closed_at=None)
    await until(lambda: not own.exists())


def let_days_pass(days: int) -> None:
    past = timedelta(days=days)
    Message.objects.update(started_at=F("started_at") - past)
    MeterValue.objects.update(received_at=F("received_at") - past)
    StatusChange.objects.update(received_at=F("received_at") - past)
    Connection.objects.update(closed_at=F("closed_at") - past)


async def test_what_is_old_goes_and_what_counts_stays(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    gateway.register("OLD")
    await a_days_work(gateway, "OLD")
    let_days_pass(100)
    await a_days_work(gateway, "OLD")
    fresh = Message.objects.filter(started_at__gt=timezone.now() - timedelta(days=1)).count()
    days = {"KEEP_MESSAGES_DAYS": "90", "KEEP_METER_VALUES_DAYS": "90", "KEEP_HISTORY_DAYS": "90"}
    gateway.environment |= days
    gateway.manage("prune")
    assert Message.objects.count() == fresh
    # The last of each connector: it still is so.
    assert set(StatusChange.objects.values_list("evse_id", flat=True)) == {1, 2}
    assert Connection.objects.count() == 1
    of = MeterValue.objects.values_list("transaction__transaction_id", flat=True)
    assert list(of) == ["2"]
    assert Transaction.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_old_rows_go_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    now = timezone.now()
    for number, days in enumerate([400, 400, 400, 400, 1, 400, 1]):
        at = now - timedelta(days=days)
        HandshakeRefusal.objects.create(identity=str(number), status_code=401, last_at=at)
    call_command("prune")
    assert set(HandshakeRefusal.objects.values_list("identity", flat=True)) == {"4", "6"}


async def test_messages_that_go_before_a_mirror_was_told_them_are_counted(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    mirror = Mirror.objects.create(charge_point=row, url="ws://127.0.0.1:9/other")
    await a_days_work(gateway, identity)
    said = list(Message.objects.filter(charge_point=row, direction="in").order_by("pk"))
    Mirror.objects.update(told_through=said[2].pk)
    # All of this database, in which the keys follow the time.
    Message.objects.update(started_at=F("started_at") - timedelta(days=100))
    kept = next(each for each in retention.histories() if each.rows.model is Message)
    retention.prune(kept)
    mirror.refresh_from_db()
    assert mirror.missed == len(said) - 3
