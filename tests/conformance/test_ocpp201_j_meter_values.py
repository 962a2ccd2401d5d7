"""J Meter values: the CSMS test cases of OCPP 2.0.1, part 6."""

from chargepoints.models import MeterValue
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation, alert, energy

SIGNED: Payload = {
    "signedMeterData": "T0NNRnx7IkZWIjoiMS4wIn18eyJTRCI6IjMwNDUifQ==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "b2NhOmJhc2UxNjphc24xOjMwNTk=",
}


def kept(station: OperatedStation) -> list[MeterValue]:
    return list(MeterValue.objects.filter(charge_point=station.row).order_by("id"))


async def end_with(station: OperatedStation, values: list[Payload]) -> None:
    charging = await station.charging()
    info = {"stoppedReason": "EVDisconnected"}
    answer = await charging.tell(
        "Ended", "EVCommunicationLost", "Idle", info=info, meterValue=values
    )
    assert answer == {}
    (row,) = station.transactions()
    assert row.meter_stop_wh == 1500.0
    assert [value.samples for value in kept(station)] == [v["sampledValue"] for v in values]
    assert all(value.transaction_id == row.pk for value in kept(station))


async def test_tc_j_01_csms_clock_aligned_without_a_transaction(station: OperatedStation) -> None:
    for minute in range(3):
        for evse_id in (0, 1, 2):
            value = energy(1000.0 + minute, "Sample.Clock") | {"timestamp": at(minutes=3 - minute)}
            assert (
                await station.call("MeterValues", {"evseId": evse_id, "meterValue": [value]}) == {}
            )
            event = alert("FiscalMetering", "EnergyImport", "1000.0", evse_id, trigger="Periodic")
            assert await station.call("NotifyEvent", event) == {}
    found = [(value.evse_id, value.energy_wh, value.transaction_id) for value in kept(station)]
    # The grid meter is no EVSE.
    assert found == [
        (evse_id, 1000.0 + minute, None) for minute in range(3) for evse_id in (None, 1, 2)
    ]


async def test_tc_j_02_csms_clock_aligned_during_a_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    value = energy(1000.0, "Sample.Clock")
    assert await station.call("MeterValues", {"evseId": 2, "meterValue": [value]}) == {}
    own = energy(1200.0, "Sample.Clock")
    assert await charging.tell("Updated", "MeterValueClock", meterValue=[own]) == {}
    (row,) = station.transactions()
    assert [value.transaction_id for value in kept(station)] == [None, row.pk]


async def test_tc_j_03_csms_clock_aligned_at_the_end(station: OperatedStation) -> None:
    await end_with(station, [energy(1400, "Sample.Clock"), energy(1500, "Transaction.End")])


async def test_tc_j_04_csms_clock_aligned_and_signed(station: OperatedStation) -> None:
    await end_with(
        station,
        [
            energy(1400, "Sample.Clock", signedMeterValue=SIGNED),
            energy(1500, "Transaction.End", signedMeterValue=SIGNED),
        ],
    )


async def test_tc_j_07_csms_sampled_at_the_start(station: OperatedStation) -> None:
    begin = [energy(1000.0, "Transaction.Begin")]
    charging = Charging(station)
    answer = await charging.tell(
        "Started", "CablePluggedIn", "EVConnected", evse=EVSE, meterValue=begin
    )
    assert answer == {}
    (row,) = station.transactions()
    assert row.meter_start_wh == 1000.0


async def test_tc_j_08_csms_begins_before_the_evse_is_known(station: OperatedStation) -> None:
    charging = Charging(station)
    await charging.tell("Started", "Authorized", idToken=TOKEN)
    begin = [energy(1000.0, "Transaction.Begin")]
    await charging.tell("Updated", "CablePluggedIn", "EVConnected", evse=EVSE, meterValue=begin)
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    (row,) = station.transactions()
    assert row.meter_start_wh == 1000.0


async def test_tc_j_09_csms_sampled_while_charging(station: OperatedStation) -> None:
    charging = await station.charging()
    for register in (1100.0, 1200.0, 1300.0):
        values = [energy(register)]
        assert await charging.tell("Updated", "MeterValuePeriodic", meterValue=values) == {}
    assert [value.energy_wh for value in kept(station)] == [1100.0, 1200.0, 1300.0]


async def test_tc_j_10_csms_sampled_at_the_end(station: OperatedStation) -> None:
    await end_with(station, [energy(1400), energy(1500, "Transaction.End")])


async def test_tc_j_11_csms_sampled_and_signed(station: OperatedStation) -> None:
    await end_with(
        station,
        [
            energy(1400, signedMeterValue=SIGNED),
            energy(1500, "Transaction.End", signedMeterValue=SIGNED),
        ],
    )
