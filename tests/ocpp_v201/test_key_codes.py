"""C04.FR.04: what a driver types in to be authorized can be read nowhere but by core."""

import json
import logging
from typing import Any

import pytest
from django.db.models import Model

from chargepoints import key_codes
from chargepoints.models import IdToken, LocalListEntry, Message
from ocpp_v201 import secrets
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, Payload, at, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

CODE = "90210-SESAME"
TYPED: Payload = {"idToken": CODE, "type": "KeyCode"}
HIDDEN: Payload = {"idToken": "(not shown)", "type": "KeyCode"}
NEUTRAL: Payload = {"value": CODE, "type": "KeyCode"}
NEUTRAL_HIDDEN: Payload = NEUTRAL | {"value": "(not shown)"}
ACCEPTED: Payload = {"status": "Accepted"}


def trace(station: OperatedStation, action: str = "") -> list[Message]:
    rows = Message.objects.filter(charge_point=station.row).order_by("id")
    return [row for row in rows if action in ("", row.action)]


def as_text(*rows: Model) -> str:
    return "\n".join(str(vars(row)) for row in rows)


async def test_a_key_code_is_asked_about_and_logged_nowhere(
    station: OperatedStation, core: FakeCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Another test may have been told what core decided of it.
    IdToken.objects.filter(value=CODE).delete()
    typed = TYPED | {"additionalInfo": [{"additionalIdToken": CODE, "type": "PIN"}]}
    answer = await station.call("Authorize", {"idToken": typed})
    assert answer["idTokenInfo"]["status"] == "Accepted"
    charging = await station.charging(TYPED)
    assert await charging.tell("Ended", "StopAuthorized", idToken=TYPED)
    questions = [each.request for each in core.journal.decisions if each.path == "/authorize"]
    mine = [each for each in questions if each["charge_point"] == station.row.identity]
    decided = list(station.row.token_decisions.values("decided_by", "core_error"))
    assert mine and all(each["id_token"] == NEUTRAL for each in mine), decided

    (authorize,) = trace(station, "Authorize")
    hidden = HIDDEN | {"additionalInfo": [{"additionalIdToken": "(not shown)", "type": "PIN"}]}
    assert json.loads(authorize.request)[3] == {"idToken": hidden}
    assert CODE not in as_text(*trace(station))
    assert CODE not in caplog.text

    (started,) = station.events("transaction.started")
    told = station.events("transaction.updated", "transaction.ended")
    assert told[-1].data["id_token"] == NEUTRAL
    assert CODE not in str([event.ocpp for event in (started, *told)])
    assert (told[-1].ocpp or {})["payload"]["idToken"] == HIDDEN
    (row,) = station.transactions()
    shown = (await station.api("GET", f"transactions/{row.pk}")).json()
    assert (shown["id_token"], shown["stop_id_token"]) == (NEUTRAL_HIDDEN, "(not shown)")
    found = (await station.api("GET", "transactions", params={"token": CODE})).json()["results"]
    assert [each["id"] for each in found] == [row.pk]


async def test_a_key_code_that_is_sent_is_logged_nowhere(station: OperatedStation) -> None:
    entry = {"id_token": NEUTRAL, "status": "accepted"}
    later = at(hours=-1)
    sent: list[tuple[str, Payload, str]] = [
        ("start", {"id_token": NEUTRAL, "evse_id": 1}, "RequestStartTransaction"),
        ("reserve", {"id_token": NEUTRAL, "evse_id": 1, "expires_at": later}, "ReserveNow"),
        ("send_local_list", {"update": "full", "entries": [entry]}, "SendLocalList"),
        ("customer_information", {"id_token": NEUTRAL}, "CustomerInformation"),
        (
            "raw",
            {
                "action": "RequestStartTransaction",
                "payload": {"idToken": TYPED, "remoteStartId": 7},
            },
            "RequestStartTransaction",
        ),
    ]
    for type, args, action in sent:
        request, command = await station.command(type, args, action, ACCEPTED)
        assert CODE in str(request), "the station is told"
        assert CODE not in str(command)
        assert "(not shown)" in str(command["args"]) and "(not shown)" in str(command["ocpp"])
    assert CODE not in as_text(*trace(station))
    assert CODE not in str([event.ocpp for event in station.events()])


async def test_a_local_list_keeps_its_key_codes(station: OperatedStation) -> None:
    args = {"update": "full", "entries": [{"id_token": NEUTRAL, "status": "accepted"}]}
    await station.command("send_local_list", args, "SendLocalList", ACCEPTED)
    (entry,) = LocalListEntry.objects.filter(local_list__charge_point=station.row)
    assert (entry.value, entry.token, str(entry)) == (CODE, "(not shown)", "(not shown)")
    clear = {"id_token": NEUTRAL, "report": False, "clear": True}
    await station.command("customer_information", clear, "CustomerInformation", ACCEPTED)
    forgotten = await station.obey("SendLocalList", ACCEPTED)
    assert forgotten["localAuthorizationList"] == [{"idToken": TYPED}]
    entries = LocalListEntry.objects.filter(local_list__charge_point=station.row)
    assert await eventually(lambda: not entries.exists())


async def test_what_is_wrong_with_a_key_code_is_told_without_it(station: OperatedStation) -> None:
    for payload in (
        {"idToken": {"idToken": [CODE], "type": "KeyCode"}},
        {"idToken": CODE, "type": "KeyCode"},
        {"idToken": TYPED | {"type": "keycode", "additionalInfo": CODE}},
    ):
        frame = await station.charger.call("Authorize", payload)
        assert CODE not in str(frame)
    # Another code: core's word on it is kept, and the other tests have it asked about theirs.
    other = {"idToken": TYPED | {"idToken": f"{CODE}-2"}}
    await station.charger.send_text(f'[2, "x", "Authorize", {json.dumps(other)}')
    await station.call("Heartbeat", {})
    assert CODE not in as_text(*trace(station))
    long = NEUTRAL | {"value": CODE * 30}
    refused = await station.refuses("start", {"id_token": long, "evse_id": 1})
    assert CODE not in str(refused)


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Heartbeat", {}),
        ("Authorize", {"idToken": {"idToken": "04A1B2", "type": "ISO14443"}}),
        ("SendLocalList", {"localAuthorizationList": [{"idToken": {"idToken": "1", "type": "x"}}]}),
        ("Authorize", {"idToken": {"idToken": "1", "type": ["KeyCode"]}}),
        ("Authorize", ["KeyCode", None]),
        ("Authorize", None),
    ],
)
def test_what_holds_no_key_code_is_not_even_copied(action: str, payload: Any) -> None:
    assert secrets.redacted_for_trace(action, payload) is payload
    assert key_codes.shown(payload) is payload


async def test_a_key_code_on_a_socket_of_1_6_is_logged_nowhere(
    gateway: RunningGateway, identity: str
) -> None:
    started: Payload = {
        "eventType": "Started",
        "timestamp": at(),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"T-{identity}"},
        "evse": {"id": 1},
        # What core has decided about the other is remembered.
        "idToken": TYPED | {"idToken": f"{CODE}-16"},
    }
    async with await OperatedCharger.connect(gateway, identity) as cp:
        # The fake would refuse an answer that is none of 1.6.
        await cp.charger.send_text(json.dumps([2, "t", "TransactionEvent", started]))
        assert (await cp.charger.stray())[:2] == [3, "t"]
        password = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
            "variableAttribute": [{"type": "Actual", "value": CODE}],
        }
        report = {"requestId": 1, "generatedAt": at(), "seqNo": 0, "reportData": [password]}
        await cp.charger.send_text(json.dumps([2, "r", "NotifyReport", report]))
        assert await cp.charger.stray() == [3, "r", {}]
        rows = Message.objects.filter(charge_point=cp.row)
        assert {"TransactionEvent", "NotifyReport"} <= {row.action for row in rows}
        assert CODE not in as_text(*rows)
        assert CODE not in str([event.ocpp for event in cp.events()])


async def test_a_password_is_hidden_in_a_message_in_other_case(station: OperatedStation) -> None:
    password = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [{"type": "Actual", "value": CODE}],
    }
    report = {"requestId": 1, "generatedAt": at(), "seqNo": 0, "reportData": [password]}
    await station.charger.send_text(json.dumps([2, "r", "notifyReport", report]))
    assert await station.charger.stray() == [3, "r", {}]
    assert CODE not in as_text(*trace(station))
