"""Search in the tables that grow without end: what is found, and at which cost."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from chargepoints.admin import bounded_search
from chargepoints.models import ChargePoint, Message, Variable
from tests.chargepoints.admin.conftest import MakeChargePoint, charge, trace


def found(client: Client, model: str, term: str) -> list[Any]:
    url = reverse(f"admin:chargepoints_{model}_changelist")
    answer = client.get(url, {"q": term})
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.fixture
def other(make_charge_point: MakeChargePoint) -> ChargePoint:
    return make_charge_point("CP-2", name="Bus lane 42", serial_number="SN-42")


@pytest.mark.parametrize("term", ["cp-2", "Bus lane 42", "sn-42"])
def test_messages_are_found_by_identity_name_or_serial_number_of_the_charger(
    admin_client: Client, charge_point: ChargePoint, other: ChargePoint, term: str
) -> None:
    trace(charge_point, "Heartbeat")
    trace(other, "Heartbeat")
    assert {row.charge_point_id for row in found(admin_client, "message", term)} == {other.pk}


def test_a_message_id_is_looked_for_among_the_latest_rows(
    admin_client: Client, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        trace(charge_point, "Heartbeat")
    Message.objects.update(message_id="abc")
    assert len(found(admin_client, "message", "abc")) == 3
    monkeypatch.setattr(bounded_search, "LATEST", 2)
    assert len(found(admin_client, "message", "abc")) == 2


@pytest.mark.parametrize("term", ["04a1b2", "tx-7", "CP-1"])
def test_a_transaction_is_found_by_its_token_its_id_and_its_charger_in_any_case(
    admin_client: Client, charge_point: ChargePoint, other: ChargePoint, term: str
) -> None:
    row = charge(charge_point, "TX-7", id_token="04A1B2")
    charge(other, "TX-8", id_token="FFFF")
    assert found(admin_client, "transaction", term) == [row]


def test_a_variable_is_found_by_a_part_of_its_name(
    admin_client: Client, charge_point: ChargePoint, other: ChargePoint
) -> None:
    row = Variable.objects.create(charge_point=charge_point, name="HeartbeatInterval")
    Variable.objects.create(charge_point=other, name="MeterValueSampleInterval")
    assert found(admin_client, "variable", "heartbeat") == [row]
    assert found(admin_client, "variable", "cp-1") == [row]


@pytest.mark.parametrize(
    "model",
    ["message", "event", "metervalue", "transaction", "command", "connection", "variable"],
)
def test_a_search_takes_few_queries(
    admin_client: Client,
    charge_point: ChargePoint,
    model: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(14):
        found(admin_client, model, "CP-1")
