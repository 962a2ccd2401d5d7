"""Numbers and times of 2.0.1 that no station should send: answered, and nobody else pays."""

import json

from chargepoints.models import ChargingProfile, Connector, Message, StatusChange
from tests.operated import at
from tests.operated_station import Charging, OperatedStation
from tests.running_gateway import RunningGateway

LARGEST = 2**31 - 1


async def test_two_thousand_million_events_that_are_missing_cost_nothing(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:
        charging = Charging(station)
        await charging.tell("Started", "CablePluggedIn")
        charging.seq_no = LARGEST
        assert await charging.tell("Ended", "EVDeparted") == {}
        last = Message.objects.filter(charge_point=station.row).order_by("id").last()
        assert last is not None and "events_missing" in last.deviations


async def test_an_event_without_a_number_has_a_place_after_the_largest_number(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:
        charging = Charging(station)
        await charging.tell("Started", "CablePluggedIn")
        charging.seq_no = LARGEST
        await charging.tell("Updated", "ChargingStateChanged")
        unnumbered = {
            "eventType": "Ended",
            "timestamp": at(minutes=2),
            "triggerReason": "EVDeparted",
            "transactionInfo": {"transactionId": charging.transaction_id},
        }
        for _ in range(2):
            assert await station.call("TransactionEvent", unnumbered) == {}
        row = station.row.transactions.get()
        assert row.ended_at is not None
        assert list(row.events.order_by("id").values_list("seq_no", "conflict"))[1:] == [
            (LARGEST, False),
            (LARGEST, True),
        ]


async def test_numbers_written_as_decimals_are_numbers(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:
        charging = Charging(station)
        await charging.tell("Started", "CablePluggedIn", evse={"id": 1.0, "connectorId": 1.0})
        charging.seq_no = 2.0  # type: ignore[assignment]
        assert await charging.tell("Ended", "EVDeparted") == {}
        last = Message.objects.filter(charge_point=station.row).order_by("id").last()
        assert last is not None
        assert {"type:/seqNo", "events_missing"} <= set(last.deviations)


async def test_the_status_of_an_evse_that_cannot_be_is_nobody_s(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        status = {"timestamp": at(), "connectorId": 1, "connectorStatus": "Faulted"}
        for evse_id in (-1, 2**31, 1e300):
            assert await station.call("StatusNotification", status | {"evseId": evse_id}) == {}
        assert not Connector.objects.filter(evse__charge_point=station.row).exists()
        assert not StatusChange.objects.filter(charge_point=station.row).exists()


async def test_a_token_is_decided_on_whatever_the_number_of_the_evse(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:
        for evse_id in (-1, 2**31, -(2**63) - 1):
            charging = Charging(station)
            place = {"id": evse_id, "connectorId": evse_id}
            answer = await charging.tell(
                "Started", "Authorized", evse=place, idToken={"idToken": "04A1", "type": "Central"}
            )
            assert answer["idTokenInfo"]["status"] == "Accepted"
        assert station.row.transactions.count() == 3


async def test_an_integer_may_be_as_large_as_it_likes(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, proactive=False) as station:
        token = {"idToken": "04A1", "type": "Central"}
        for number in ('"1e300"', "1e300", "-1e400", "99999999999999999999", '"1e400"'):
            event = Charging(station).event(
                "Started", "Authorized", idToken=token, numberOfPhasesUsed="#", reservationId="#"
            )
            text = json.dumps([2, number, "TransactionEvent", event]).replace('"#"', number)
            await station.charger.send_text(text.replace(json.dumps(number), '"id"'))
            kind, _, answer = await station.charger.stray()
            assert (kind, answer["idTokenInfo"]["status"]) == (3, "Accepted"), number


async def test_a_car_s_schedule_without_a_period_is_refused(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": []}
        told = {"timeBase": at(), "evseId": 1, "chargingSchedule": schedule}
        answer = await station.call("NotifyEVChargingSchedule", told)
        assert answer["status"] == "Rejected"


async def test_a_car_s_needs_that_make_no_profile_are_refused(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        await Charging(station).tell("Started", "CablePluggedIn", evse={"id": 1})
        ac = {"energyAmount": 1, "evMinCurrent": 2, "evMaxCurrent": -1, "evMaxVoltage": 2}
        needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": ac}
        told = {"evseId": 1, "chargingNeeds": needs}
        answer = await station.call("NotifyEVChargingNeeds", told)
        assert answer["status"] == "Rejected"


async def test_a_reported_profile_without_a_schedule_is_left_out(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        profile = {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [],
        }
        told = {
            "requestId": 1,
            "chargingLimitSource": "CSO",
            "evseId": 1,
            "chargingProfile": [profile],
        }
        assert await station.call("ReportChargingProfiles", told) == {}
        assert not ChargingProfile.objects.filter(charge_point=station.row).exists()
