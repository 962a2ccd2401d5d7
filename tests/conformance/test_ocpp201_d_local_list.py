"""D Local authorization list: the CSMS test cases of OCPP 2.0.1, part 6."""

import json
from typing import Any

import pytest

from chargepoints.models import Command, LocalList, LocalListEntry
from tests.operated import Payload, eventually
from tests.operated_station import TOKEN, OperatedStation

FIRST: Payload = {"id_token": {"value": "04A1B2", "type": "ISO14443"}, "status": "accepted"}
SECOND: Payload = {
    "id_token": {"value": "04C3D4", "type": "ISO14443"},
    "status": "accepted",
    "group_id_token": "DEPOT-GROUP",
}
OCPP_FIRST: Payload = {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}
OCPP_SECOND: Payload = {
    "idToken": {"idToken": "04C3D4", "type": "ISO14443"},
    "idTokenInfo": {
        "status": "Accepted",
        "groupIdToken": {"idToken": "DEPOT-GROUP", "type": "Central"},
    },
}


async def send(station: OperatedStation, **args: Any) -> Payload:
    request, command = await station.command(
        "send_local_list", args, "SendLocalList", {"status": "Accepted"}
    )
    assert command["state"] == "accepted"
    assert request["versionNumber"] == LocalList.objects.get(charge_point=station.row).version
    return request


def entries(station: OperatedStation) -> list[str]:
    found = LocalListEntry.objects.filter(local_list__charge_point=station.row).order_by("value")
    return list(found.values_list("value", flat=True))


async def version(station: OperatedStation, number: int) -> None:
    request, command = await station.command(
        "get_local_list_version", {}, "GetLocalListVersion", {"versionNumber": number}
    )
    assert request == {}
    assert command["state"] == "accepted"
    assert command["ocpp"]["response"] == {"versionNumber": number}


async def test_tc_d_01_csms_sends_the_whole_list(station: OperatedStation) -> None:
    await version(station, 1)
    request = await send(station, update="full", entries=[FIRST, SECOND])
    assert request["versionNumber"] > 1
    assert request["updateType"] == "Full"
    assert request["localAuthorizationList"] == [OCPP_FIRST, OCPP_SECOND]
    assert entries(station) == ["04A1B2", "04C3D4"]


async def test_tc_d_02_csms_adds_to_the_list(station: OperatedStation) -> None:
    before = await send(station, update="full", entries=[FIRST])
    request = await send(station, update="differential", entries=[SECOND])
    assert request["versionNumber"] > before["versionNumber"]
    assert request["updateType"] == "Differential"
    assert request["localAuthorizationList"] == [OCPP_SECOND]
    assert entries(station) == ["04A1B2", "04C3D4"]


async def test_tc_d_03_csms_removes_from_the_list(station: OperatedStation) -> None:
    before = await send(station, update="full", entries=[FIRST, SECOND])
    request = await send(station, update="differential", remove=[FIRST["id_token"]])
    assert request["versionNumber"] > before["versionNumber"]
    assert request["localAuthorizationList"] == [{"idToken": TOKEN}]
    assert entries(station) == ["04C3D4"]


async def test_tc_d_04_csms_empties_the_list(station: OperatedStation) -> None:
    await send(station, update="full", entries=[FIRST])
    request = await send(station, update="full", entries=[])
    assert request["updateType"] == "Full"
    assert "localAuthorizationList" not in request
    assert entries(station) == []


async def test_tc_d_08_csms_asks_for_the_version(station: OperatedStation) -> None:
    await version(station, 7)


async def test_tc_d_09_csms_learns_that_there_is_no_list(station: OperatedStation) -> None:
    await version(station, 0)


@pytest.mark.parametrize(("name", "most"), [("ItemsPerMessage", 1), ("BytesPerMessage", 300)])
async def test_a_list_goes_in_parts_of_the_size_the_station_takes(
    station: OperatedStation, name: str, most: int
) -> None:
    """D01.FR.11."""
    await station.tells_variable(f"LocalAuthListCtrlr.{name}", most)
    accepted = {"status": "Accepted"}
    asked, command = await station.exchange(
        "send_local_list",
        {"update": "full", "entries": [FIRST, SECOND]},
        ("SendLocalList", accepted),
        ("SendLocalList", accepted),
    )
    assert [each["updateType"] for each in asked] == ["Full", "Differential"]
    assert all(len(json.dumps(["2", "0" * 36, "SendLocalList", each])) <= 300 for each in asked)
    assert command["state"] == "accepted"
    assert entries(station) == ["04A1B2", "04C3D4"]


async def test_what_is_no_list_is_refused(station: OperatedStation) -> None:
    """A whole list has only entries with their information; D01.FR.06, D01.FR.18."""
    token = FIRST["id_token"]
    untyped = {"id_token": {"value": "04a1b2"}}
    for args in (
        {"update": "full", "entries": [SECOND], "remove": [token]},
        {"remove": [token]},
        {"update": "full", "entries": [FIRST, untyped]},
        {"update": "differential", "entries": [FIRST], "remove": [token]},
        {"update": "full", "entries": [FIRST], "version": 0},
    ):
        assert (await station.refuses("send_local_list", args))["code"] == "invalid_args"


@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
async def test_an_update_that_is_not_taken_is_repaired_by_the_whole_list(
    station: OperatedStation, status: str
) -> None:
    """D01.FR.03, and the versions go on rising."""
    first = await send(station, update="full", entries=[FIRST])
    args: Payload = {"update": "differential", "entries": [SECOND]}
    request, command = await station.command(
        "send_local_list", args, "SendLocalList", {"status": status}
    )
    assert command["error"]["code"] == status
    repair = await station.obey("SendLocalList", {"status": "Accepted"})
    assert repair["updateType"] == "Full"
    assert repair["versionNumber"] >= request["versionNumber"] > first["versionNumber"]
    assert repair["localAuthorizationList"] == [OCPP_FIRST, OCPP_SECOND]
    await eventually(lambda: entries(station) == ["04A1B2", "04C3D4"])


async def test_a_repair_that_does_not_match_either_is_not_tried_again(
    station: OperatedStation,
) -> None:
    args: Payload = {"update": "differential", "entries": [SECOND]}
    await station.command("send_local_list", args, "SendLocalList", {"status": "VersionMismatch"})
    await station.obey("SendLocalList", {"status": "VersionMismatch"})
    sent = Command.objects.filter(charge_point=station.row, type="send_local_list")
    await eventually(lambda: not sent.filter(finished_at=None).exists())
    assert sent.count() == 2


async def test_tc_n_46_csms_removes_a_cleared_customer_from_the_list(
    station: OperatedStation,
) -> None:
    before = await send(station, update="full", entries=[FIRST, SECOND])
    await station.command(
        "customer_information",
        {"id_token": FIRST["id_token"], "clear": True},
        "CustomerInformation",
        {"status": "Accepted"},
    )
    request = await station.obey("SendLocalList", {"status": "Accepted"})
    assert request["updateType"] == "Differential"
    assert request["versionNumber"] > before["versionNumber"]
    assert request["localAuthorizationList"] == [{"idToken": TOKEN}]
