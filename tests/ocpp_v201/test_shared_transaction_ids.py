"""A station that uses one transaction id on two EVSEs: commands contain the id of the station."""

import pytest

from tests.conformance.profiles_v201 import OF_TRANSACTION
from tests.operated import Payload, at
from tests.operated_station import OperatedStation

STORED, SENT = "TX (EVSE 2)", "TX"
MESSAGE = {"content": "Hello", "transaction_id": STORED}
ACCEPTED: Payload = {"status": "Accepted"}


async def start(station: OperatedStation, evse_id: int) -> None:
    started: Payload = {
        "eventType": "Started",
        "timestamp": at(),
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": SENT},
        "evse": {"id": evse_id, "connectorId": 1},
    }
    await station.call("TransactionEvent", started)


@pytest.mark.parametrize(
    ("type", "args", "action", "answer"),
    [
        ("display_message", MESSAGE, "SetDisplayMessage", ACCEPTED),
        ("get_transaction_status", {"transaction_id": STORED}, "GetTransactionStatus", None),
    ],
)
async def test_a_command_about_the_second_contains_the_id_of_the_station(
    station: OperatedStation, type: str, args: Payload, action: str, answer: Payload | None
) -> None:
    for evse_id in (1, 2):
        await start(station, evse_id)
    assert [row.transaction_id for row in station.transactions()] == [SENT, STORED]
    request, _ = await station.command(type, args, action, answer or {"messagesInQueue": False})
    assert request.get("message", request)["transactionId"] == SENT


async def test_a_profile_of_the_second_contains_the_id_of_the_station(
    station: OperatedStation,
) -> None:
    for evse_id in (1, 2):
        await start(station, evse_id)
    args = {"evse_id": 2, "profile": OF_TRANSACTION | {"transaction_id": STORED}}
    request, _ = await station.command("set_charging_profile", args, "SetChargingProfile", ACCEPTED)
    assert request["chargingProfile"]["transactionId"] == SENT
