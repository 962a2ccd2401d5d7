"""Transactions and meter values as CSV, however many there are."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import requests

from chargepoints.api import csv_exports
from chargepoints.models import MeterValue
from tests.chargepoints.api.client import MORNING, ApiClient, begin, measure, register
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway


def export(client: ApiClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_exports, "ROWS_AT_ONCE", 2)


def test_transactions_are_exported_with_the_filters_of_the_list(client: ApiClient) -> None:
    one, two = register("ONE", site="North", external_id="core-1"), register("TWO")
    for number in range(1, 6):
        begin(one if number % 2 else two, number, meter_stop_wh=1500.5, total_cost=2.5)
    rows = export(client, "/transactions/export.csv")
    assert [row["transaction_id"] for row in rows] == ["5", "4", "3", "2", "1"]
    first = rows[0]
    assert (first["charge_point"], first["external_id"], first["site"]) == (
        "ONE",
        "core-1",
        "North",
    )
    assert (first["energy_wh"], first["total_cost"]) == ("500.5", "2.5")
    assert (first["started_at"], first["ended_at"]) == ("2026-11-22T13:00:00.000Z", "")
    of_two = export(client, "/transactions/export.csv?charge_point=two")
    assert [row["transaction_id"] for row in of_two] == ["4", "2"]


def test_transactions_of_the_same_end_are_exported_once_each(client: ApiClient) -> None:
    charge_point = register()
    for number in range(1, 6):
        begin(charge_point, number, ended_at=MORNING + timedelta(hours=9))
    begin(charge_point, 6, ended_at=MORNING + timedelta(hours=8))
    rows = export(client, "/transactions/export.csv?ended_since=2026-11-22T08:00:00Z")
    assert [row["transaction_id"] for row in rows] == ["5", "4", "3", "2", "1", "6"]


def test_meter_values_are_exported_by_their_time(client: ApiClient) -> None:
    transaction = begin(register(), 1)
    for minute in (3, 1, 2, 5, 4):
        measure(transaction, minute)
    rows = export(client, f"/meter-values/export.csv?transaction={transaction.pk}")
    assert [row["energy_wh"] for row in rows] == ["1005.0", "1004.0", "1003.0", "1002.0", "1001.0"]
    assert rows[0]["sampled_at"] == "2026-11-22T08:05:00.000Z"
    assert rows[0]["transaction"] == str(transaction.pk)


@pytest.mark.parametrize("query", ["limit=5", "cursor=x", "colour=red"])
def test_an_export_has_no_pages(client: ApiClient, query: str) -> None:
    answer = client.get(f"/transactions/export.csv?{query}", Accept="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_an_export_needs_a_key(client: ApiClient) -> None:
    answer = client.get("/transactions/export.csv", Authorization="Bearer nobody")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


async def test_a_running_gateway_streams_an_export(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        at = MORNING
        many = [
            MeterValue(
                charge_point=operated.row,
                evse_id=1,
                sampled_at=at + timedelta(seconds=number),
                received_at=at,
                key=number,
                energy_wh=float(number),
                samples=[],
            )
            for number in range(2500)
        ]
        MeterValue.objects.bulk_create(many)
        url = f"{gateway.http}/api/v1/meter-values/export.csv?charge_point={identity}"
        headers = {"Authorization": f"Bearer {gateway.api_key('read')}"}

        def read() -> tuple[Any, list[str]]:
            answer = requests.get(url, headers=headers, timeout=30)
            return answer.headers, answer.text.splitlines()

        got, lines = await asyncio.to_thread(read)
        assert got["Content-Type"] == "text/csv; charset=utf-8"
        assert got["Transfer-Encoding"] == "chunked"
        assert len(lines) == 2501
        assert [line.split(",")[8] for line in lines[1:3]] == ["2499.0", "2498.0"]
        # Meanwhile, and after it, the charger is served.
        assert await operated.call("Heartbeat", {})
