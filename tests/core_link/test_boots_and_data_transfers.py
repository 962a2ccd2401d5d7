"""Core's word on boots and on vendors' own messages."""

from typing import Any

import pytest

from chargepoints.protocol.station import Station
from chargepoints.services.stations.booting import BootDecision, Facts
from core_link import decisions
from core_link.decisions import DataTransferAnswer
from tests.fakes.core import FakeCore

FACTS = Facts("Acme", "Fast 50", serial_number="17", firmware_version="1.2", reason="PowerUp")


async def test_core_decides_about_a_boot(core: FakeCore, station: Station) -> None:
    core.decisions.boots["CP-1"] = {"status": "pending", "interval_s": 30}
    assert await decisions.boot(station, FACTS) == BootDecision("pending", 30)
    (asked,) = core.journal.decisions
    assert asked.request["serial"] == "17"
    assert asked.request["firmware"] == "1.2"


async def test_an_interval_may_be_written_with_a_point(core: FakeCore, station: Station) -> None:
    core.decisions.boots["CP-1"] = {"status": "accepted", "interval_s": 60.0}
    boot = await decisions.boot(station, FACTS)
    assert repr(boot) == repr(BootDecision("accepted", 60))


@pytest.mark.parametrize("fault", [{"status": 404}, {"down": True}])
async def test_without_an_answer_the_registration_decides_about_a_boot(
    core: FakeCore, station: Station, fault: dict[str, Any]
) -> None:
    core.fail(**fault)
    assert await decisions.boot(station, FACTS) is None


async def test_a_data_transfer_goes_to_core_and_back(core: FakeCore, station: Station) -> None:
    core.decisions.vendors["Acme"] = {"status": "accepted", "data": {"associatedId": [1]}}
    answer = await decisions.data_transfer(station, "Acme", "hello", '{"a": 1}')
    assert answer == DataTransferAnswer("accepted", {"associatedId": [1]})
    assert core.journal.decisions[0].request["data"] == '{"a": 1}'


async def test_without_a_core_no_vendor_is_known(station: Station) -> None:
    answer = await decisions.data_transfer(station, "Acme", None, None)
    assert answer == DataTransferAnswer("unknown_vendor_id")


async def test_a_core_that_is_down_rejects_a_data_transfer(
    core: FakeCore, station: Station
) -> None:
    core.stop()
    answer = await decisions.data_transfer(station, "Acme", None, None)
    assert answer == DataTransferAnswer("rejected")
