"""What changed in the messages that OCPP 2.1 shares with 2.0.1."""

from chargepoints.models import Connector, Message, Monitor, StatusChange
from tests.operated import at
from tests.operated_station import OperatedStation
from tests.pki import signing_request


async def test_an_evse_with_a_negative_number_is_not_the_station(station: OperatedStation) -> None:
    """Its schema has 0 as the least: that is the station itself, which nobody spoke of."""
    before = Connector.objects.filter(evse__charge_point=station.row).count()
    status = {"timestamp": at(), "evseId": -1, "connectorId": 1, "connectorStatus": "Faulted"}
    assert await station.call("StatusNotification", status) == {}
    assert Connector.objects.filter(evse__charge_point=station.row).count() == before
    assert not StatusChange.objects.filter(charge_point=station.row, evse_id=None).exists()


async def test_a_monitor_from_before_an_update_does_not_say_how_it_came_to_be(
    station: OperatedStation,
) -> None:
    monitor = {"id": 4, "transaction": False, "value": 1, "type": "UpperThreshold", "severity": 8}
    where = {"component": {"name": "EVSE"}, "variable": {"name": "Power"}}
    report = {"requestId": 1, "seqNo": 0, "generatedAt": at()}
    report |= {"monitor": [where | {"variableMonitoring": [monitor]}]}
    assert await station.call("NotifyMonitoringReport", report) == {}
    known = Monitor.objects.get(charge_point=station.row)
    assert (known.number, known.event_notification_type) == (4, "")
    monitor["eventNotificationType"] = "HardWiredMonitor"
    assert await station.call("NotifyMonitoringReport", report) == {}
    (told,) = (await station.http("GET", "monitors")).json()["results"]
    assert told["event_notification_type"] == "HardWiredMonitor"


async def test_all_profiles_of_the_operator_are_cleared(station: OperatedStation) -> None:
    """K10: those of priority charging and of local generation, too."""
    cleared, unknown = {"status": "Accepted"}, {"status": "Unknown"}
    answers = [cleared, unknown, unknown, unknown, cleared]
    asked, command = await station.exchange(
        "clear_charging_profile", {}, *(("ClearChargingProfile", each) for each in answers)
    )
    assert [each["chargingProfileCriteria"]["chargingProfilePurpose"] for each in asked] == [
        "ChargingStationMaxProfile",
        "TxDefaultProfile",
        "TxProfile",
        "PriorityCharging",
        "LocalGeneration",
    ]
    assert command["state"] == "accepted"


async def test_the_number_of_a_request_to_sign_comes_back_with_the_certificate(
    station: OperatedStation,
) -> None:
    """A02.FR.25."""
    payload = {
        "csr": signing_request(station.row.identity)[0],
        "certificateType": "V2G20Certificate",
        "requestId": 42,
    }
    assert await station.call("SignCertificate", payload) == {"status": "Accepted"}
    signed = await station.obey("CertificateSigned", {"status": "Accepted"})
    assert (signed["requestId"], signed["certificateType"]) == (42, "V2G20Certificate")


async def test_a_network_profile_has_credentials_of_its_own_that_nobody_sees(
    station: OperatedStation,
) -> None:
    args = {
        "slot": 1,
        "url": "wss://other.example/ocpp",
        "security_profile": 2,
        "interface": "Any",
        "identity": "ANOTHER-NAME",
        "basic_auth_password": "a-secret-of-16-and-more",
    }
    request, command = await station.command(
        "set_network_profile", args, "SetNetworkProfile", {"status": "Accepted"}
    )
    said = request["connectionData"]
    assert (said["identity"], said["basicAuthPassword"]) == (
        "ANOTHER-NAME",
        "a-secret-of-16-and-more",
    )
    assert "a-secret" not in str(command)
    traced = Message.objects.get(charge_point=station.row, action="SetNetworkProfile")
    assert "a-secret" not in traced.request


async def test_a_custom_trigger_and_new_words_of_others(station: OperatedStation) -> None:
    args = {"message": "CustomTrigger", "custom": "SelfTest"}
    request, _ = await station.command("trigger", args, "TriggerMessage", {"status": "Accepted"})
    assert request == {"requestedMessage": "CustomTrigger", "customTrigger": "SelfTest"}
    message = {"content": "https://pay.example", "format": "QRCODE", "state": "suspended"}
    request, _ = await station.command(
        "display_message", message, "SetDisplayMessage", {"status": "Accepted"}
    )
    assert request["message"]["state"] == "Suspended"
    assert request["message"]["message"]["format"] == "QRCODE"
    reserved = {"id_token": {"value": "T"}, "connector_type": "cMCS"}
    expires = {"expires_at": "2036-01-01T00:00:00Z"}
    request, _ = await station.command(
        "reserve", reserved | expires, "ReserveNow", {"status": "Accepted"}
    )
    assert request["connectorType"] == "cMCS"
