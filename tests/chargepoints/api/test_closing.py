"""Closing a transaction by hand, through the API."""

from datetime import timedelta
from typing import Any

import pytest

from chargepoints.models import ApiKey, Event, Transaction
from tests.chargepoints.api.client import MORNING, ApiClient, begin, register


@pytest.fixture
def running(db: None) -> Transaction:
    """Since an hour ago open, and metered until half an hour ago."""
    return begin(
        register(),
        0,
        started_at=MORNING,
        meter_latest_wh=4500.0,
        sampled_at=MORNING + timedelta(minutes=30),
        power_w=11000.0,
        charging_state="Charging",
    )


def close(client: ApiClient, row: Transaction, **body: Any) -> Any:
    return client.post(f"/transactions/{row.pk}/close", body)


def test_a_transaction_is_closed_with_its_last_sample(
    client: ApiClient, running: Transaction
) -> None:
    answer = close(client, running)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["open"], shown["closed_by"]) == (False, "api:core")
    assert shown["ended_at"] == "2026-11-22T08:30:00.000Z"
    assert (shown["meter_stop_wh"], shown["meter_stop_source"]) == (4500.0, "last_sample")
    assert (shown["energy_wh"], shown["power_w"]) == (3500.0, None)
    event = Event.objects.get(type="transaction.ended")
    assert event.data["closed_by"] == "api:core"
    assert event.data["meter_stop_source"] == "last_sample"
    assert event.occurred_at == MORNING + timedelta(minutes=30)


def test_a_reading_that_somebody_states_is_kept_as_such(
    client: ApiClient, running: Transaction
) -> None:
    shown = close(
        client, running, ended_at="2026-11-22T10:00:00+01:00", meter_stop_wh=5200.5
    ).json()
    assert shown["ended_at"] == "2026-11-22T09:00:00.000Z"
    assert (shown["meter_stop_wh"], shown["meter_stop_source"]) == (5200.5, "stated")


def test_without_any_reading_the_energy_is_not_made_up(client: ApiClient) -> None:
    row = begin(register(), 1)
    shown = close(client, row).json()
    assert (shown["meter_stop_wh"], shown["meter_stop_source"]) == (None, None)
    assert shown["energy_wh"] is None
    assert shown["ended_at"] is not None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"meter_stop_wh": 999.0}, "/meter_stop_wh"),
        ({"meter_stop_wh": -1}, "/meter_stop_wh"),
        ({"meter_stop_wh": "much"}, "/meter_stop_wh"),
        ({"ended_at": "2026-11-22T07:59:00Z"}, "/ended_at"),
        ({"ended_at": "2999-01-01T00:00:00Z"}, "/ended_at"),
        ({"ended_at": "yesterday"}, "/ended_at"),
        ({"meter": 5}, "/meter"),
    ],
)
def test_what_cannot_be_is_refused_and_closes_nothing(
    client: ApiClient, running: Transaction, body: Any, pointer: str
) -> None:
    answer = close(client, running, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    running.refresh_from_db()
    assert running.ended_at is None
    assert not Event.objects.exists()


def test_what_has_ended_is_not_closed_again(client: ApiClient, running: Transaction) -> None:
    assert close(client, running).status_code == 200
    answer = close(client, running, meter_stop_wh=9000)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_ended")
    running.refresh_from_db()
    assert running.meter_stop_wh == 4500
    assert close(client, Transaction(pk=4711)).status_code == 404


def test_it_takes_a_key_that_may_operate(running: Transaction) -> None:
    assert close(ApiClient(ApiKey.Scope.READ, "reader"), running).status_code == 403
    assert close(ApiClient(ApiKey.Scope.OPERATE, "support"), running).status_code == 200
    running.refresh_from_db()
    assert running.closed_by == "api:support"
