"""Charging profiles beyond the test cases: what is not sent, and what is filled in."""

import pytest

from tests.operated import OperatedCharger, Payload, at
from tests.running_gateway import RunningGateway

PROFILE: Payload = {
    "purpose": "default",
    "kind": "absolute",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 16}],
}


@pytest.mark.parametrize(
    ("evse_id", "profile"),
    [
        (1, {"purpose": "station_max"}),
        (0, {"purpose": "transaction"}),
        (1, {"transaction_id": "5"}),
        (1, {"kind": "recurring"}),
        (1, {"kind": "relative", "start": at()}),
        (1, {"periods": [{"start_s": 60, "limit": 16}]}),
        (1, {"valid_from": at(), "valid_to": at(hours=1)}),
    ],
)
async def test_a_profile_that_makes_no_sense_is_not_sent(
    gateway: RunningGateway, identity: str, evse_id: int, profile: Payload
) -> None:
    """1.6, 3.13.1 and 7.8; it can still be sent raw."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"evse_id": evse_id, "profile": PROFILE | profile}
        command = await cp.finished("set_charging_profile", args)
        assert (command["state"], command["error"]["code"]) == ("rejected", "invalid_args")


async def test_a_profile_of_the_transaction_names_the_one_under_way(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", connector=2))["transactionId"]
        request, _ = await cp.command(
            "set_charging_profile",
            {"evse_id": 2, "profile": PROFILE | {"purpose": "transaction"}},
            "SetChargingProfile",
            {"status": "Accepted"},
        )
        assert request["csChargingProfiles"]["transactionId"] == number


@pytest.mark.expected_errors("to GetCompositeSchedule failed")
async def test_an_answer_that_the_gateway_fails_at_ends_its_command(
    gateway: RunningGateway, identity: str
) -> None:
    answer = {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "9999-12-31T23:59:59Z",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        },
    }
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"evse_id": 1, "duration_s": 600}
        _, command = await cp.command(
            "get_composite_schedule", args, "GetCompositeSchedule", answer
        )
        assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")
        _, command = await cp.command("clear_cache", {}, "ClearCache", {"status": "Accepted"})
        assert command["state"] == "accepted"
