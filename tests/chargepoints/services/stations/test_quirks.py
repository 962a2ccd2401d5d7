"""Quirk profiles: found by vendor, model and firmware at a boot, applied, counted, shown."""

import time
from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError

from chargepoints.models import QuirkProfile
from chargepoints.services.stations import quirk_settings, quirks
from chargepoints.services.stations.quirks import Product
from tests.operated import BOOT_16, OperatedCharger, Payload
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}


def profile(**fields: object) -> QuirkProfile:
    return QuirkProfile(**{"name": "a", "vendor": "Acme"} | fields)


def fits(product: Product, **fields: object) -> bool:
    return bool(quirks.find([profile(**fields)], product))


@pytest.mark.parametrize(
    ("fields", "fitting"),
    [
        ({}, True),
        ({"vendor": "ACME"}, True),
        ({"vendor": "Ac*"}, True),
        ({"vendor": "Other"}, False),
        ({"model": "wall*"}, True),
        ({"model": "Pole"}, False),
        ({"firmware_from": "1.9"}, True),
        ({"firmware_from": "1.10.1"}, False),
        ({"firmware_to": "1.10"}, True),
        ({"firmware_to": "1.9"}, False),
        ({"firmware_from": "1.2", "firmware_to": "v2.0-rc1"}, True),
    ],
)
def test_a_profile_fits_by_vendor_model_and_firmware(fields: dict[str, str], fitting: bool) -> None:
    assert fits(Product("Acme", "Wall 22", "1.10"), **fields) is fitting


def test_the_more_special_profile_has_the_last_word() -> None:
    special, general = profile(name="special", model="Wall*"), profile(name="general", model="*")
    found = quirks.find([special, general], Product("Acme", "Wall 22", "1"))
    assert [each.name for each in found] == ["general", "special"]


@pytest.mark.parametrize(
    "settings",
    [
        [],
        {"no_such": 1},
        {"reply_delay_ms": "100"},
        {"reply_delay_ms": -1},
        {"reply_delay_ms": 60000},
        {"reply_delay_ms": True},
        {"charging_rate_unit": "kW"},
        {"limit_factor": 0},
        {"stack_level": -1},
        {"stack_level": 1.5},
        {"ping_interval_s": 1},
        {"ignores_connector_0": 1},
        {"id_token_max_length": 0},
    ],
)
def test_settings_that_cannot_be_applied_are_refused(settings: object) -> None:
    with pytest.raises(ValidationError):
        quirk_settings.check(settings)


def test_settings_that_can_be_applied_are_taken() -> None:
    quirk_settings.check({"reply_delay_ms": 200, "charging_rate_unit": "W", "limit_factor": 10})


@pytest.fixture
def known(gateway: RunningGateway, identity: str) -> Iterator[QuirkProfile]:
    """A profile for the chargers of one vendor, who is this test's own."""
    row = QuirkProfile.objects.create(
        name=identity,
        vendor=f"vendor of {identity}"[:20],
        settings={"reply_delay_ms": 300, "charging_rate_unit": "W", "limit_factor": 10},
    )
    time.sleep(quirks.RELOAD_EVERY_S)
    yield row
    row.delete()


def boot(known: QuirkProfile) -> Payload:
    return BOOT_16 | {"chargePointVendor": known.vendor}


async def test_a_boot_brings_the_quirks_which_are_counted_and_shown(
    gateway: RunningGateway, identity: str, known: QuirkProfile
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=boot(known)) as cp:
        known.refresh_from_db()
        assert known.applied == 1
        assert cp.known().quirks == {"profiles": [known.name], "settings": known.settings}
        shown = (await cp.api("GET", f"charge-points/{identity}")).json()
        assert shown.get("quirks") == [known.name], shown
        await cp.call("BootNotification", BOOT_16)
        assert cp.known().quirks == {}


async def test_a_reply_is_held_back_where_a_fast_one_is_missed(
    gateway: RunningGateway, identity: str, known: QuirkProfile
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=boot(known)) as cp:
        before = time.monotonic()
        await cp.call("Heartbeat", {})
        assert time.monotonic() - before >= 0.3


async def test_a_charging_profile_is_said_as_the_charger_understands_it(
    gateway: RunningGateway, identity: str, known: QuirkProfile
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=boot(known)) as cp:
        periods = [{"start_s": 0, "limit": 10}]
        profile = {"purpose": "default", "kind": "relative", "unit": "A", "periods": periods}
        request, _ = await cp.command(
            "set_charging_profile", {"profile": profile}, "SetChargingProfile", ACCEPTED
        )
        schedule = request["csChargingProfiles"]["chargingSchedule"]
        assert schedule["chargingRateUnit"] == "W"
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 690.0}]
