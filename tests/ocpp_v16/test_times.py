"""Times as real chargers write them."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chargepoints.clock import ocpp_time
from chargepoints.models import Message, MeterValue, StatusChange
from tests.operated import OperatedCharger, at
from tests.running_gateway import RunningGateway

ONE_HOUR_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def written(form: str) -> object:
    """One hour ago, as somebody would write it."""
    naive = ONE_HOUR_AGO.replace(tzinfo=None).isoformat()
    later = (ONE_HOUR_AGO + timedelta(hours=3)).replace(tzinfo=None).isoformat()
    return {
        "Z": f"{naive}Z",
        "milliseconds": f"{naive}.250Z",
        "offset": f"{later}+03:00",
        "short offset": f"{later}+03",
        "no zone": naive,
        "space": naive.replace("T", " ") + "Z",
        "lower case": naive.replace("T", "t") + "z",
        "many digits": f"{naive}.123456789Z",
        "no zeros": f"{re.sub(r'(?<=[-T:])0', '', naive)}Z",
        "slashes": naive.replace("-", "/").replace("T", " ") + " GMT",
        "UTC twice": f"{naive}+00:00Z",
        "UTC by name": f"{naive}[UTC]",
        "as HTTP has it": format_datetime(ONE_HOUR_AGO, usegmt=True),
        "a number": int(ONE_HOUR_AGO.timestamp()),
        "a number of milliseconds": int(ONE_HOUR_AGO.timestamp() * 1000),
    }[form]


async def reported(cp: OperatedCharger, timestamp: object) -> tuple[StatusChange, list[str]]:
    """What was kept of a status with this timestamp."""
    status = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
    assert await cp.call("StatusNotification", status | {"timestamp": timestamp}) == {}
    message = Message.objects.filter(charge_point=cp.row, action="StatusNotification").first()
    assert message is not None
    return StatusChange.objects.get(charge_point=cp.row), message.deviations


@pytest.mark.parametrize(
    "form",
    [
        "Z",
        "milliseconds",
        "offset",
        "short offset",
        "no zone",
        "space",
        "lower case",
        "many digits",
        "no zeros",
        "slashes",
        "UTC twice",
        "UTC by name",
        "as HTTP has it",
        "a number",
        "a number of milliseconds",
    ],
)
async def test_a_time_is_understood_however_it_is_written(
    gateway: RunningGateway, identity: str, form: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        change, deviations = await reported(cp, written(form))
        assert change.reported_at.replace(microsecond=0) == ONE_HOUR_AGO
        assert ("time_without_zone" in deviations) == (form == "no zone")


@pytest.mark.parametrize(
    ("timestamp", "deviation"),
    [
        ("", "time_missing"),
        ("yesterday", "time_unreadable"),
        ("1970-01-01T00:00:12Z", "time_before_clock_was_set"),
        ("2000-06-01T10:00:00Z", "time_before_clock_was_set"),
        ("2093-01-01T00:00:00Z", "time_in_the_future"),
        ("9999-12-31T23:59:59-14:00", "time_unreadable"),
        ("2106-02-07T06:28:15Z", "time_in_the_future"),
        ("30/11/2026 08:00:00", "time_unreadable"),
        ("2026-11-30T08:00:00+02:00Z", "time_unreadable"),
        ("2026-13-30T8:00:00Z", "time_unreadable"),
        ("Mon, 30 Nov 99999 08:00:00 GMT", "time_unreadable"),
        (f"2026-11-30T8:00:00{' ' * 50_000}x", "time_unreadable"),
    ],
)
async def test_a_time_that_cannot_be_meant_is_replaced_by_the_time_of_receipt(
    gateway: RunningGateway, identity: str, timestamp: str, deviation: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        change, deviations = await reported(cp, timestamp)
        assert abs((change.reported_at - change.received_at).total_seconds()) < 30
        assert deviation in deviations
        (event,) = cp.events("connector.status_changed")
        assert (event.time_quality, event.data["status"]) == ("estimated", "occupied")


async def test_a_start_of_1970_is_kept_as_estimated(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start("TAG", timestamp="1970-01-01T00:01:00Z")
        assert answer["transactionId"] > 0
        (transaction,) = cp.transactions()
        assert transaction.time_quality == "estimated"


async def test_old_news_raises_no_live_alarm(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await reported(cp, written("Z"))
        (event,) = cp.events("connector.status_changed")
        assert event.backfill


async def test_a_status_from_before_does_not_undo_what_is_so_now(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.status(1, "Available")
        status = {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}
        await cp.call("StatusNotification", status | {"timestamp": written("Z")})
        evse = cp.row.evses.get()
        assert evse.connectors.get().status == "available"
        assert StatusChange.objects.filter(charge_point=cp.row).count() == 2


async def test_a_status_without_a_timestamp_is_no_deviation(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        status = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
        await cp.call("StatusNotification", status)
        message = Message.objects.filter(charge_point=cp.row, action="StatusNotification").get()
        assert message.deviations == []


async def test_a_status_without_a_timestamp_and_one_with_whole_seconds_come_in_their_order(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for connector in (0, 1):
            status = {"connectorId": connector, "errorCode": "NoError"}
            await cp.call("StatusNotification", status | {"status": "Available"})
            await cp.status(connector, "Faulted")
        assert cp.known().status == "faulted"
        assert cp.row.evses.get().connectors.get().status == "faulted"


async def test_a_status_after_the_clock_was_put_right_is_what_is_so_now(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for connector in (0, 1):
            ahead = {"connectorId": connector, "status": "Faulted", "errorCode": "OtherError"}
            await cp.call("StatusNotification", ahead | {"timestamp": at(hours=-1)})
            await cp.status(connector, "Available")
            # What was told before is history still.
            await cp.call("StatusNotification", ahead | {"timestamp": written("Z")})
        assert cp.known().status == "available"
        assert cp.row.evses.get().connectors.get().status == "available"


def test_chargers_are_told_times_in_four_digits_of_the_year() -> None:
    assert ocpp_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"
    assert ocpp_time(datetime(2026, 11, 22, 8, 0, 0, 999_999, UTC)) == "2026-11-22T08:00:00Z"


async def test_samples_of_a_stop_without_a_time_get_that_of_the_stop(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        start = {"connectorId": 1, "idTag": "04A1", "meterStart": 0, "timestamp": at(hours=2)}
        started = await cp.call("StartTransaction", start)
        stop = {
            "transactionId": started["transactionId"],
            "meterStop": 500,
            "timestamp": at(hours=1),
            "transactionData": [{"sampledValue": [{"value": "500"}]}],
        }
        await cp.call("StopTransaction", stop)
        row = cp.row.transactions.get()
        assert MeterValue.objects.get(transaction=row).sampled_at == row.ended_at
