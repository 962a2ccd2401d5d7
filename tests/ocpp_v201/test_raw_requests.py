"""Firmware updates and logs that a raw command asks for."""

from chargepoints.models import FirmwareUpdate, Upload
from tests.operated import Payload
from tests.operated_station import OperatedStation

UPDATE: Payload = {
    "requestId": 1,
    "firmware": {
        "location": "https://files.example.com/firmware.bin",
        "retrieveDateTime": "2026-12-01T12:00:00Z",
    },
}
LOG: Payload = {
    "logType": "DiagnosticsLog",
    "requestId": 1,
    "log": {"remoteLocation": "https://files.example.com/"},
}


async def raw(station: OperatedStation, action: str, payload: Payload, status: str) -> None:
    args = {"action": action, "payload": payload}
    await station.command("raw", args, action, {"status": status})


async def test_what_a_raw_request_asks_for_is_known_when_the_station_tells_of_it(
    station: OperatedStation,
) -> None:
    before = len(station.events())
    await raw(station, "UpdateFirmware", UPDATE, "Accepted")
    for status in ("Downloading", "Installed"):
        await station.call("FirmwareStatusNotification", {"status": status, "requestId": 1})
    await raw(station, "GetLog", LOG, "Accepted")
    # Some stations leave the id out.
    await station.call("LogStatusNotification", {"status": "Uploading"})
    await station.call("LogStatusNotification", {"status": "Uploaded", "requestId": 1})
    assert FirmwareUpdate.objects.get(charge_point=station.row).status == "Installed"
    assert Upload.objects.get(charge_point=station.row).status == "Uploaded"
    assert all(not event.deviations for event in station.events()[before:])


async def test_what_the_next_raw_request_cancels_is_over(station: OperatedStation) -> None:
    """L01.FR.24."""
    await raw(station, "UpdateFirmware", UPDATE, "Accepted")
    await raw(station, "UpdateFirmware", UPDATE | {"requestId": 2}, "AcceptedCanceled")
    updates = FirmwareUpdate.objects.filter(charge_point=station.row)
    assert updates.get(request_id=1).status == "AcceptedCanceled"
    assert updates.get(finished_at=None).request_id == 2


async def test_a_raw_request_that_was_refused_asks_for_nothing(station: OperatedStation) -> None:
    await raw(station, "UpdateFirmware", UPDATE, "Rejected")
    assert FirmwareUpdate.objects.get(charge_point=station.row).finished_at is not None


async def test_an_id_that_no_column_can_contain_is_sent_all_the_same(
    station: OperatedStation,
) -> None:
    await raw(station, "UpdateFirmware", UPDATE | {"requestId": 2**40}, "Accepted")
    assert FirmwareUpdate.objects.get(charge_point=station.row).request_id is None
