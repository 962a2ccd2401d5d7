"""One token in two places at once: CONCURRENT_TRANSACTIONS."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chargepoints.gateway.process import Gateway
from chargepoints.models import ChargePoint, Connector, Evse, IdToken, Transaction
from chargepoints.protocol.station import Station
from chargepoints.services.tokens.authorization import TokenAsked
from core_link import decisions
from tests.core_link.conftest import authorize_message, in_the_writer
from tests.fakes.core import FakeCore

TOKEN = TokenAsked("04A1B2", "ISO14443")


async def list_token(gateway: Gateway) -> None:
    await in_the_writer(gateway, lambda: IdToken.objects.create(value=TOKEN.value))


async def charges(gateway: Gateway, **fields: Any) -> None:
    """TOKEN does, on EVSE 1 of another charge point unless said otherwise."""

    def begin() -> None:
        row = {
            "charge_point_id": ChargePoint.objects.create(identity="elsewhere").pk,
            "transaction_id": "7",
            "evse_id": 1,
            "id_token": TOKEN.value.lower(),
            "authorization_status": "accepted",
            "started_at": timezone.now(),
        }
        Transaction.objects.create(**row | fields)

    await in_the_writer(gateway, begin)


async def ask(station: Station, **about: Any) -> str:
    message = authorize_message(station)
    decision = await decisions.authorize(message, TOKEN, **{"context": "start", **about})
    return decision.status


async def start(station: Station, **about: Any) -> str:
    return await ask(station, evse_id=1, **about)


@pytest.fixture
def one_at_a_time(settings: Settings) -> None:
    settings.CONCURRENT_TRANSACTIONS = False


async def test_a_token_may_charge_in_two_places_unless_it_is_set_otherwise(
    station: Station, gateway: Gateway
) -> None:
    await list_token(gateway)
    await charges(gateway)
    assert await start(station) == "accepted"


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_token_that_charges_elsewhere_starts_nothing_here(
    station: Station, gateway: Gateway
) -> None:
    await list_token(gateway)
    await charges(gateway)
    assert await start(station) == "concurrent_tx"
    # To show the card is to ask no more than whether it is good; and the past has happened.
    assert await ask(station, context="authorize") == "accepted"
    assert await start(station, offline=True) == "accepted"


@pytest.mark.usefixtures("one_at_a_time")
async def test_what_core_says_of_a_token_that_charges_elsewhere_stands(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    await charges(gateway)
    assert await start(station) == "accepted"
    core.stop()
    assert await start(station) == "concurrent_tx"


@pytest.mark.usefixtures("one_at_a_time")
@pytest.mark.parametrize(
    "fields",
    [
        {"ended_at": timezone.now()},
        {"authorization_status": "concurrent_tx"},
        {"started_at": timezone.now() - timedelta(hours=9), "rebooted": True},
    ],
    ids=["it has ended", "it was refused", "it was left open"],
)
async def test_a_transaction_that_is_over_is_in_no_ones_way(
    station: Station, gateway: Gateway, fields: dict[str, Any]
) -> None:
    await list_token(gateway)
    rebooted = fields.pop("rebooted", False)
    await charges(gateway, **fields)
    if rebooted:
        charge_points = ChargePoint.objects.filter(identity="elsewhere")
        await in_the_writer(gateway, lambda: charge_points.update(booted_at=timezone.now()))
    assert await start(station) == "accepted"


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_start_in_the_second_of_the_boot_and_of_the_connectors_status_is_not_left_open(
    station: Station, gateway: Gateway
) -> None:
    """The charger tells whole seconds, or its clock is behind ours."""
    await list_token(gateway)
    now = timezone.now()
    started = {"started_at": now.replace(microsecond=0), "started_received_at": now}
    await charges(gateway, **started)

    def boot() -> None:
        elsewhere = ChargePoint.objects.get(identity="elsewhere")
        ChargePoint.objects.update(booted_at=now - timedelta(milliseconds=1))
        evse = Evse.objects.create(charge_point=elsewhere, evse_id=1)
        said = {"status": "available", "status_at": now.replace(microsecond=999_000)}
        Connector.objects.create(evse=evse, connector_id=1, **said)

    await in_the_writer(gateway, boot)
    assert await start(station) == "concurrent_tx"


@pytest.mark.usefixtures("one_at_a_time")
async def test_the_same_evse_and_the_same_transaction_are_not_elsewhere(
    station: Station, gateway: Gateway
) -> None:
    await list_token(gateway)
    await charges(gateway, charge_point_id=station.id)
    assert await start(station) == "accepted"
    assert await ask(station, evse_id=2) == "concurrent_tx"
    # 2.0.1: a later event names its transaction, and need not name the EVSE.
    assert await ask(station, transaction_id="7") == "accepted"
