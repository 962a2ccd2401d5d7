"""Staff of each role, and a charge point with a past."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    Connection,
    Connector,
    Evse,
    Message,
    MeterValue,
    Status,
    Transaction,
)
from chargepoints.services.stations import registry

AsRole = Callable[[str], Client]
MakeChargePoint = Callable[..., ChargePoint]


@pytest.fixture
def admin_client(db: None) -> Client:
    """Instead of pytest-django's: without a password, whose hashing takes half a second."""
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.fixture
def as_role(db: None) -> AsRole:
    """A client that is logged in as somebody of this role."""

    def log_in(role: str) -> Client:
        user = User.objects.create_user(f"a-{role}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def charge_point(db: None) -> ChargePoint:
    """Online, OCPP 1.6, one connector."""
    return make("CP-1")


@pytest.fixture
def make_charge_point(db: None) -> MakeChargePoint:
    return make


def make(identity: str, *, online: bool = True, connectors: int = 1, **fields: Any) -> ChargePoint:
    fields = {"protocol": "ocpp1.6", "vendor": "Acme", "model": "Wall 22", **fields}
    charge_point = registry.register(identity, key="a-key", **fields)
    charge_point.last_seen_at = timezone.now()
    if online:
        charge_point.connection = Connection.objects.create(
            charge_point=charge_point,
            protocol=fields["protocol"],
            remote_address="10.1.2.3",
            path=f"/ocpp/{identity}",
        )
    charge_point.save()
    for number in range(1, connectors + 1):
        evse = Evse.objects.create(charge_point=charge_point, evse_id=number)
        Connector.objects.create(evse=evse, status=Status.AVAILABLE, ocpp_status="Available")
    return charge_point


def charge(charge_point: ChargePoint, transaction_id: str = "17", **fields: Any) -> Transaction:
    """An open transaction with ten minutes of meter values, 11 kW and from 50 to 59 percent."""
    start = timezone.now() - timedelta(minutes=10)
    transaction = Transaction.objects.create(
        charge_point=charge_point,
        transaction_id=transaction_id,
        evse_id=1,
        **{
            "id_token": "04A1B2C3",
            "started_at": start,
            "meter_start_wh": 1000,
            "meter_latest_wh": 3500,
            "power_w": 11000,
            "soc_percent": 59,
            **fields,
        },
    )
    MeterValue.objects.bulk_create(
        sampled(transaction, start + timedelta(minutes=minute), 11000, 50 + minute, minute)
        for minute in range(10)
    )
    return transaction


def meter(transaction: Transaction, *values: Any, **more: Any) -> MeterValue:
    row = sampled(transaction, *values, **more)
    row.save()
    return row


def sampled(
    transaction: Transaction,
    at: datetime,
    power_w: float | None,
    soc_percent: float | None,
    key: int,
    energy_wh: float | None = None,
) -> MeterValue:
    return MeterValue(
        charge_point=transaction.charge_point,
        transaction=transaction,
        evse_id=transaction.evse_id,
        sampled_at=at,
        received_at=at,
        key=key,
        power_w=power_w,
        soc_percent=soc_percent,
        energy_wh=energy_wh,
        samples=[{"value": str(power_w)}],
    )


def trace(charge_point: ChargePoint, action: str = "Heartbeat", **fields: Any) -> Message:
    return Message.objects.create(
        charge_point=charge_point,
        action=action,
        **{
            "direction": Message.Direction.FROM_CHARGER,
            "message_id": "m-1",
            "request": f'[2,"m-1","{action}",{{}}]',
            "reply": '[3,"m-1",{}]',
            "outcome": Message.Outcome.RESULT,
            "started_at": timezone.now(),
            "duration_ms": 3.2,
            **fields,
        },
    )
