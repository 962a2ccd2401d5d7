"""Transactions that have changed: followed by positions, without missing one."""

from typing import Any

import pytest

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import Event, Transaction
from chargepoints.services.transactions import changes, lifecycle
from tests.chargepoints.api.client import ApiClient, begin, register
from tests.operated import BOOT_16, OperatedCharger, at
from tests.running_gateway import RunningGateway

PATH = "/transactions/changes"


def tell(*rows: Transaction) -> None:
    with unit_of_work() as unit:
        for row in rows:
            unit.emit(row.charge_point_id, "transaction.updated", lifecycle.describe(row))


def told_of(page: Any) -> list[str]:
    return [row["transaction_id"] for row in page["results"]]


@pytest.fixture
def rows(db: None) -> list[Transaction]:
    charge_point = register(site="North")
    return [begin(charge_point, number) for number in range(1, 5)]


def test_without_a_position_it_says_where_to_go_on_from(
    client: ApiClient, rows: list[Transaction]
) -> None:
    tell(*rows)
    page = client.get(PATH).json()
    assert page == {"next": None, "previous": None, "last_position": 4, "results": []}
    tell(rows[1])
    page = client.get(f"{PATH}?after=4").json()
    assert (told_of(page), page["last_position"], page["next"]) == (["2"], 5, None)
    assert page["results"][0] == client.get(f"/transactions/{rows[1].pk}").json()


def test_each_is_shown_once_on_a_page_by_its_last_change(
    client: ApiClient, rows: list[Transaction]
) -> None:
    one, two, three, _ = rows
    tell(one, two, one, three, one)
    assert told_of(client.get(f"{PATH}?after=0").json()) == ["2", "3", "1"]
    first = client.get(f"{PATH}?after=0&limit=2").json()
    assert (told_of(first), first["last_position"]) == (["2", "1"], 3)
    second = client.get(first["next"]).json()
    assert (told_of(second), second["next"]) == (["3", "1"], None)


def test_a_change_that_is_committed_late_is_not_missed(
    client: ApiClient, rows: list[Transaction]
) -> None:
    one, two, *_ = rows
    tell(one)
    late = Event.objects.get()
    Event.objects.update(position=0)  # its transaction has not committed yet
    tell(two)
    page = client.get(f"{PATH}?after=0").json()
    assert told_of(page) == ["2"]
    Event.objects.filter(pk=late.pk).update(position=None)
    assert told_of(client.get(f"{PATH}?after={page['last_position']}").json()) == ["1"]


def test_a_page_looks_through_some_events_and_says_that_there_are_more(
    client: ApiClient, rows: list[Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOKED_THROUGH", 2)
    with unit_of_work() as unit:
        for _ in range(3):
            unit.emit(rows[0].charge_point_id, "charge_point.online", {})
    tell(rows[0])
    first = client.get(f"{PATH}?after=0").json()
    assert (told_of(first), first["last_position"]) == ([], 2)
    assert told_of(client.get(first["next"]).json()) == ["1"]


def test_changes_are_narrowed_by_charge_point(client: ApiClient, rows: list[Transaction]) -> None:
    south = begin(register("SOUTH", site="South", external_id="core-1"), 9)
    tell(rows[0], south)
    for query, found in (
        ("site=South", ["9"]),
        ("charge_point=depot-7", ["1"]),
        ("external_id=core-1", ["9"]),
        ("charge_point=NOBODY", []),
    ):
        page = client.get(f"{PATH}?after=0&{query}").json()
        assert (told_of(page), page["last_position"]) == (found, 2)


def test_what_events_told_that_were_pruned_is_not_passed_over(
    client: ApiClient, rows: list[Transaction]
) -> None:
    tell(*rows)
    client.get(PATH)
    Event.objects.filter(position__lte=2).delete()
    answer = client.get(f"{PATH}?after=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert "have been deleted" in answer.json()["errors"][0]["message"]
    assert told_of(client.get(f"{PATH}?after=2").json()) == ["3", "4"]


@pytest.mark.parametrize("query", ["after=7", "after=x", "after=-1", "since=1", "limit=0"])
def test_a_parameter_that_is_wrong_is_refused(client: ApiClient, query: str) -> None:
    assert client.get(f"{PATH}?{query}").json()["code"] == "invalid_parameter"


async def test_all_that_a_charger_tells_of_a_transaction_is_a_change(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=BOOT_16) as operated:
        position = before = -1
        # Other tests' events may be waiting for their positions, which are given in portions.
        while position != before or position < 0:
            page = (await operated.api("GET", "transactions/changes")).json()
            before, position = position, page["last_position"]

        async def changed() -> list[Any]:
            nonlocal position
            path = f"transactions/changes?after={position}&charge_point={identity}&limit=1000"
            page = (await operated.api("GET", path)).json()
            position = page["last_position"]
            results: list[Any] = page["results"]
            return results

        number = (await operated.start("04A1"))["transactionId"]
        (started,) = await changed()
        assert (started["transaction_id"], started["open"]) == (str(number), True)
        value = {"timestamp": at(), "sampledValue": [{"value": "600"}]}
        sampled = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
        await operated.call("MeterValues", sampled)
        (metered,) = await changed()
        assert metered["meter_latest_wh"] == 600
        assert await changed() == []
        await operated.stop(number)
        (ended,) = await changed()
        assert ended["open"] is False
