"""N01 Logs: the CSMS test cases of OCPP 2.0.1, part 6."""

from typing import Any

from django.utils import timezone

from chargepoints.models import Upload
from tests.operated import Payload, at
from tests.operated_station import OperatedStation


async def get_log(
    station: OperatedStation, log: str, ocpp_log: str, status: str = "Accepted", **args: Any
) -> tuple[int, Payload]:
    """Ask for a log at a place of our own; the request id, and the command."""
    request, command = await station.command(
        "get_log",
        {"log": log, "location": "https://files.example.com/logs/"} | args,
        "GetLog",
        {"status": status},
    )
    assert request["logType"] == ocpp_log
    assert request["log"]["remoteLocation"] == "https://files.example.com/logs/"
    return request["requestId"], command


async def tell(station: OperatedStation, number: int, *statuses: str) -> None:
    for status in statuses:
        payload = {"status": status, "requestId": number}
        assert await station.call("LogStatusNotification", payload) == {}
        assert Upload.objects.get(charge_point=station.row, request_id=number).status == status


async def uploads(station: OperatedStation, log: str, ocpp_log: str) -> None:
    number, command = await get_log(station, log, ocpp_log)
    await tell(station, number, "Uploading", "Uploaded")
    assert (await station.settled(command)).state == "effect_confirmed"
    (told,) = station.events("charge_point.diagnostics_uploaded")
    assert told.data["request_id"] == number


async def test_tc_n_25_csms_gets_the_diagnostics_log(station: OperatedStation) -> None:
    await uploads(station, "diagnostics", "DiagnosticsLog")


async def test_tc_n_35_csms_gets_the_security_log(station: OperatedStation) -> None:
    await uploads(station, "security", "SecurityLog")


async def test_tc_n_34_csms_is_rejected(station: OperatedStation) -> None:
    number, command = await get_log(station, "diagnostics", "DiagnosticsLog", "Rejected")
    assert command["state"] == "rejected"
    upload = Upload.objects.get(charge_point=station.row, request_id=number)
    assert (upload.status, upload.expires_at <= timezone.now()) == ("Rejected", True)


async def test_tc_n_36_csms_second_request_cancels_the_first(station: OperatedStation) -> None:
    first, cancelled = await get_log(station, "diagnostics", "DiagnosticsLog")
    await tell(station, first, "Uploading")
    second, command = await get_log(station, "diagnostics", "DiagnosticsLog", "AcceptedCanceled")
    # N01.FR.12: its answer says so, whether or not a status follows.
    assert (await station.settled(cancelled)).state == "no_effect"
    upload = Upload.objects.get(charge_point=station.row, request_id=first)
    assert (upload.status, upload.expires_at <= timezone.now()) == ("AcceptedCanceled", True)
    await tell(station, first, "AcceptedCanceled")
    await tell(station, second, "Uploading", "Uploaded")
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_a_log_may_be_of_a_span_of_time(station: OperatedStation) -> None:
    since, until = at(hours=2), at(hours=1)
    args = {"log": "security", "since": since, "until": until, "retries": 3}
    request, _ = await station.command(
        "get_log", args | {"retry_interval_s": 60}, "GetLog", {"status": "Accepted"}
    )
    log = request["log"]
    assert (log["oldestTimestamp"], log["latestTimestamp"]) == (since, until)
    assert (request["retries"], request["retryInterval"]) == (3, 60)
    # Without a location of the command's own the gateway takes the file itself.
    assert "/files/uploads/" in log["remoteLocation"]


async def test_tc_f_15_csms_triggers_the_log_status(station: OperatedStation) -> None:
    await station.command(
        "trigger", {"message": "LogStatusNotification"}, "TriggerMessage", {"status": "Accepted"}
    )
    assert await station.call("LogStatusNotification", {"status": "Idle"}) == {}
