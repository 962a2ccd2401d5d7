"""Cases of part 5 for a CSMS that are new in 2.1: blocks M, N and O."""

from tests.fakes.core import FakeCore
from tests.operated import Payload, at, eventually
from tests.operated_station import OperatedStation, alert
from tests.pki import root_certificate
from tests.running_gateway import RunningGateway

ACCEPTED: Payload = {"status": "Accepted"}
WHERE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
POWER: Payload = {"component": "EVSE", "evse_id": 1, "variable": "Power", "severity": 8}


async def test_tc_m_100_csms_contract_certificate_of_15118_20(station: OperatedStation) -> None:
    payload = {
        "iso15118SchemaVersion": "urn:iso:std:iso:15118:-20:CommonMessages",
        "action": "Install",
        "exiRequest": "x" * 8000,
        "maximumContractCertificateChains": 2,
        "prioritizedEMAIDs": ["DE-ACM-C1"],
    }
    answer = await station.call("Get15118EVCertificate", payload)
    assert answer == {"status": "Accepted", "exiResponse": "x" * 8000}


async def test_tc_m_101_csms_installs_a_root_of_a_car_maker(station: OperatedStation) -> None:
    args = {"use": "oem_root", "certificate": root_certificate("A car maker")}
    request, command = await station.command(
        "install_certificate", args, "InstallCertificate", ACCEPTED
    )
    assert (request["certificateType"], command["state"]) == ("OEMRootCertificate", "accepted")


async def log_to(station: OperatedStation, location: str) -> None:
    request, command = await station.command(
        "get_log", {"log": "diagnostics", "location": location}, "GetLog", ACCEPTED
    )
    assert request["log"]["remoteLocation"] == location
    told = {"status": "Uploaded", "requestId": request["requestId"]}
    assert await station.call("LogStatusNotification", told) == {}
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_tc_n_100_csms_log_of_the_data_collector(station: OperatedStation) -> None:
    request, command = await station.command(
        "get_log", {"log": "data_collector"}, "GetLog", ACCEPTED
    )
    assert (request["logType"], command["state"]) == ("DataCollectorLog", "accepted")
    told = {"status": "Uploading", "requestId": request["requestId"]}
    assert await station.call("LogStatusNotification", told) == {}
    assert station.row.uploads.get().status == "Uploading"


async def test_tc_n_102_csms_log_over_http_with_a_password(station: OperatedStation) -> None:
    await log_to(station, "http://user:secret@logs.example/put")


async def test_tc_n_103_csms_log_over_https_with_a_password(station: OperatedStation) -> None:
    await log_to(station, "https://user:secret@logs.example/put")


async def test_tc_n_21_csms_event_of_a_hard_wired_monitor(station: OperatedStation) -> None:
    """N07."""
    hard_wired: Payload = {"eventNotificationType": "HardWiredMonitor", "trigger": "Alerting"}
    event = alert("ChargingStation", "Problem", "true", severity=2, **hard_wired)
    assert await station.call("NotifyEvent", event) == {}
    told = station.events("monitoring.event")[-1].data
    assert (told["component"], told["variable"], told["trigger"]) == (
        "ChargingStation",
        "Problem",
        "Alerting",
    )


async def monitors(station: OperatedStation, type: str, **more: object) -> Payload:
    args = {"monitors": [POWER | {"type": type, "value": 5} | more]}
    result = WHERE | {"id": 9, "status": "Accepted", "type": type, "severity": 8}
    request, command = await station.command(
        "set_monitoring", args, "SetVariableMonitoring", {"setMonitoringResult": [result]}
    )
    assert command["state"] == "accepted", command
    said: Payload = request["setMonitoringData"][0]
    return said


async def test_tc_n_104_csms_monitors_the_distance_from_a_target(
    station: OperatedStation,
) -> None:
    assert (await monitors(station, "TargetDelta"))["type"] == "TargetDelta"


async def test_tc_n_105_csms_monitors_often(station: OperatedStation) -> None:
    """N11, N15."""
    said = await monitors(station, "Periodic", stream={"interval_s": 2, "values_at_once": 5})
    assert said["periodicEventStream"] == {"interval": 2, "values": 5}
    stream = {"id": 1, "variableMonitoringId": 9, "params": said["periodicEventStream"]}
    opened = await station.call("OpenPeriodicEventStream", {"constantStreamData": stream})
    assert opened == {"status": "Accepted"}
    values = {"id": 1, "pending": 0, "basetime": at(), "data": [{"t": 0, "v": "7"}]}
    await station.charger.send_unconfirmed("NotifyPeriodicEventStream", values)
    (event,) = await eventually(lambda: station.events("monitoring.stream"))
    assert (event.data["variable"], event.data["values"][0]["value"]) == ("Power", "7")


async def test_tc_n_107_csms_asks_for_streams(station: OperatedStation) -> None:
    """N12."""
    stream = {"id": 5, "variableMonitoringId": 9, "params": {"interval": 2}}
    answer = {"constantStreamData": [stream]}
    _, command = await station.command("get_event_streams", {}, "GetPeriodicEventStream", answer)
    assert command["state"] == "accepted"
    listed = (await station.http("GET", "event-streams")).json()["results"]
    assert [(each["id"], each["monitor_id"]) for each in listed] == [(5, 9)]


async def test_tc_o_100_csms_message_in_a_language_that_is_not_supported(
    station: OperatedStation,
) -> None:
    args = {"content": "Dydh da", "language": "kw"}
    _, command = await station.command(
        "display_message", args, "SetDisplayMessage", {"status": "LanguageNotSupported"}
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "LanguageNotSupported")


async def test_tc_o_101_csms_message_in_the_languages_of_drivers(
    station: OperatedStation, core: FakeCore
) -> None:
    """O01.FR.17, FR.18; C01.FR.08: the driver's own languages come with the token."""
    mine = {"idToken": f"L-{station.row.identity}", "type": "ISO14443"}
    spoken = {"language1": "nl", "language2": "de"}
    core.decisions.tokens[mine["idToken"]] = {"status": "accepted", "languages": ["nl", "de"]}
    answer = await station.call("Authorize", {"idToken": mine})
    assert {name: answer["idTokenInfo"].get(name) for name in spoken} == spoken
    translations = [
        {"content": "Welkom", "language": "nl"},
        {"content": "Willkommen", "language": "de", "format": "ASCII"},
    ]
    args = {"content": "Welcome", "language": "en", "translations": translations}
    request, command = await station.command(
        "display_message", args, "SetDisplayMessage", {"status": "Accepted"}
    )
    assert command["state"] == "accepted"
    extra = [
        {"format": "UTF8", "content": "Welkom", "language": "nl"},
        {"format": "ASCII", "content": "Willkommen", "language": "de"},
    ]
    assert request["message"]["messageExtra"] == extra
    (shown,) = (await station.http("GET", "display-messages")).json()["results"]
    assert shown["translations"] == extra


async def test_earlier_versions_have_no_translations(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.0.1") as station:
        args = {"content": "Welcome", "translations": [{"content": "Hoi", "language": "nl"}]}
        assert (await station.refuses("display_message", args))["code"] == "not_supported"


async def test_tc_o_26_csms_message_that_is_not_cleared(station: OperatedStation) -> None:
    _, command = await station.command(
        "clear_display_message", {"id": 3}, "ClearDisplayMessage", {"status": "Rejected"}
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "Rejected")
