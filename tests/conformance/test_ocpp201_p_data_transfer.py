"""P Data transfer: the CSMS test cases of OCPP 2.0.1, part 6."""

from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import EVSE, Charging, OperatedStation


async def test_tc_p_02_csms_knows_no_such_vendor(station: OperatedStation) -> None:
    answer = await station.call(
        "DataTransfer", {"vendorId": "UnknownVendor", "messageId": "anything"}
    )
    assert answer["status"] == "UnknownVendorId"


async def test_a_known_vendor_is_answered_by_core(station: OperatedStation, core: FakeCore) -> None:
    core.decisions.vendors["Acme"] = {"status": "accepted", "data": {"mood": ["fine"]}}
    request: Payload = {"vendorId": "Acme", "messageId": "mood", "data": {"depth": 1}}
    answer = await station.call("DataTransfer", request)
    assert answer == {"status": "Accepted", "data": {"mood": ["fine"]}}
    (told,) = station.events("data_transfer.received")
    assert told.data["data"] == {"depth": 1}


async def test_data_goes_to_the_station_unchanged(station: OperatedStation) -> None:
    args = {"vendor_id": "Acme", "message_id": "mood", "data": {"associatedId": [1, None]}}
    request, command = await station.command(
        "data_transfer", args, "DataTransfer", {"status": "Accepted", "data": "thanks"}
    )
    assert request == {"vendorId": "Acme", "messageId": "mood", "data": {"associatedId": [1, None]}}
    assert command["ocpp"]["response"]["data"] == "thanks"


async def test_tc_p_03_csms_takes_custom_data(station: OperatedStation) -> None:
    custom = {"vendorId": "Acme", "anything": {"goes": [1, 2, 3]}}
    where = {"evseId": 1, "connectorId": 1, "customData": custom}
    status = {"timestamp": at(), "connectorStatus": "Occupied"} | where
    assert await station.call("StatusNotification", status) == {}
    told = await Charging(station).tell(
        "Started", "CablePluggedIn", evse=EVSE, info={"customData": custom}, customData=custom
    )
    assert told == {}
    (row,) = station.transactions()
    assert row.evse_id == 1
    # It goes to core as it came, and is nothing odd.
    event = station.events("transaction.started")[-1]
    payload = (event.ocpp or {})["payload"]
    assert payload["customData"] == payload["transactionInfo"]["customData"] == custom
    assert event.deviations == []
