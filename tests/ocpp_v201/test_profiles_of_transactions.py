"""Which end of a transaction ends which of the profiles on its EVSE."""

from chargepoints.models import ChargingProfile, DisplayMessage
from tests.conformance.profiles_v201 import OF_TRANSACTION, set_profile
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation

NEEDS: Payload = {
    "evseId": 1,
    "maxScheduleTuples": 3,
    "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {
            "energyAmount": 20_000,
            "evMinCurrent": 6,
            "evMaxCurrent": 16,
            "evMaxVoltage": 400,
        },
    },
}


async def started(station: OperatedStation, **ago: float) -> Charging:
    charging = Charging(station)
    more: Payload = {"timestamp": at(**ago), "idToken": TOKEN, "evse": EVSE}
    await charging.tell("Started", "Authorized", "EVConnected", **more)
    return charging


def profiles(station: OperatedStation) -> list[str]:
    """The transactions of the profiles that are known."""
    rows = ChargingProfile.objects.filter(charge_point=station.row).order_by("id")
    return list(rows.values_list("transaction_id", flat=True))


async def test_what_belongs_to_a_transaction_ends_with_it_when_the_next_start_closes_it(
    station: OperatedStation,
) -> None:
    left_open = await started(station, minutes=5)
    await set_profile(station, 1, OF_TRANSACTION)
    message = {"content": "Good morning", "transaction_id": left_open.transaction_id}
    await station.command("display_message", message, "SetDisplayMessage", {"status": "Accepted"})
    assert profiles(station) == [left_open.transaction_id]
    await started(station)
    assert profiles(station) == []
    assert not DisplayMessage.objects.filter(charge_point=station.row).exists()


async def test_the_profile_of_a_remote_start_outlives_what_its_start_closes(
    station: OperatedStation,
) -> None:
    await started(station, minutes=5)
    args = {
        "id_token": {"value": TOKEN["idToken"], "type": TOKEN["type"]},
        "evse_id": 1,
        "charging_profile": OF_TRANSACTION,
    }
    await station.command("start", args, "RequestStartTransaction", {"status": "Accepted"})
    assert len(profiles(station)) == 1
    await started(station)
    assert len(profiles(station)) == 1


async def test_a_late_end_of_an_earlier_transaction_ends_no_profile_of_the_running_one(
    station: OperatedStation,
) -> None:
    earlier = await started(station, minutes=5)
    running = await started(station, minutes=1)
    await set_profile(station, 1, OF_TRANSACTION)
    assert profiles(station) == [running.transaction_id]
    local = {"stoppedReason": "Local"}
    late: Payload = {"timestamp": at(minutes=2), "offline": True, "info": local}
    await earlier.tell("Ended", "EVCommunicationLost", **late)
    assert profiles(station) == [running.transaction_id]
    await running.tell("Ended", "EVCommunicationLost", info=local)
    assert profiles(station) == []


async def test_a_car_is_sent_the_profile_of_its_own_transaction_again(
    station: OperatedStation,
) -> None:
    """K15.FR.11: if its schedule exceeds it, and the answer to the profile is still to come."""
    await started(station, minutes=5)
    await station.call("NotifyEVChargingNeeds", NEEDS)
    await station.obey("SetChargingProfile", {"status": "Accepted"})
    # A transaction that never started: the earlier one is not closed.
    running = Charging(station)
    await running.tell("Updated", "Authorized", idToken=TOKEN, evse=EVSE)
    await station.call("NotifyEVChargingNeeds", NEEDS)
    message_id, sent = await station.charger.expect_call("SetChargingProfile")
    assert sent["chargingProfile"]["transactionId"] == running.transaction_id
    schedule: Payload = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 600}],
        "duration": 600,
    }
    payload = {"timeBase": at(), "evseId": 1, "chargingSchedule": schedule}
    answer = await station.call("NotifyEVChargingSchedule", payload)
    assert answer == {"status": "Rejected"}
    await station.charger.answer(message_id, {"status": "Accepted"})
    again = await station.obey("SetChargingProfile", {"status": "Accepted"})
    assert again["chargingProfile"]["transactionId"] == running.transaction_id
