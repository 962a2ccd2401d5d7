"""The charging station of the `ocpp` package: every message of OCPP 2.0.1, each way.

The package writes, reads and validates its frames by itself; nothing of them is ours.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest_asyncio
import requests
from ocpp import v201
from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import on
from ocpp.v201 import call, call_result
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ocpp_v201.version import VERSION
from tests.fakes import payloads
from tests.fakes.charger import basic_authorization
from tests.operated import Payload, at
from tests.operated_station import BOOT, TOKEN, alert, energy
from tests.pki import root_certificate, signing_request
from tests.running_gateway import KEY, RunningGateway

TRANSACTION = "TX-INDEPENDENT-1"
# What the station answers where the smallest answer that fits its schema is not a yes.
ANSWERS: dict[str, Payload] = {
    "GetLocalListVersion": {"versionNumber": 3},
    "UnlockConnector": {"status": "Unlocked"},
    "UnpublishFirmware": {"status": "Unpublished"},
}
VARIABLE: Payload = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}
MONITOR: Payload = VARIABLE | {"type": "UpperThreshold", "value": 10.0, "severity": 5}
ID_TOKEN: Payload = {"value": "04A1B2", "type": "ISO14443"}
PROFILE: Payload = {
    "purpose": "default",
    "kind": "relative",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 16}],
}
MD5 = "0123456789abcdef0123456789abcdef"
HASHES = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "a1" * 32,
    "issuer_key_hash": "b2" * 32,
    "serial_number": "1a2b",
}
# Every neutral command, as an operator gives it.
COMMANDS: dict[str, Payload] = {
    "cancel_reservation": {"reservation_id": 7},
    "certificate_signed": {"chain": root_certificate("Leaf"), "use": "charging_station"},
    "clear_cache": {},
    "clear_charging_profile": {"profile_id": 5},
    "clear_display_message": {"id": 4},
    "clear_monitoring": {"ids": [1]},
    "customer_information": {"customer_identifier": "somebody", "report": False, "clear": True},
    "data_transfer": {"vendor_id": "Acme", "message_id": "Ping", "data": {"associatedId": 1}},
    "delete_certificate": HASHES,
    "display_message": {"content": "Good morning"},
    "get_certificates": {"uses": ["csms_root"]},
    "get_charging_profiles": {"purpose": "default"},
    "get_composite_schedule": {"evse_id": 1, "duration_s": 3600},
    "get_configuration": {"keys": ["OCPPCommCtrlr.HeartbeatInterval"]},
    "get_custom_report": {"criteria": ["problem"]},
    "get_diagnostics": {},
    "get_display_messages": {},
    "get_local_list_version": {},
    "get_log": {"log": "diagnostics"},
    "get_monitoring_report": {},
    "get_report": {"base": "summary"},
    "get_transaction_status": {"transaction_id": TRANSACTION},
    "get_variables": {"variables": [VARIABLE]},
    "install_certificate": {"use": "csms_root", "certificate": root_certificate("Root")},
    "publish_firmware": {"location": "https://example.com/f.bin", "md5": MD5},
    "reserve": {"id_token": ID_TOKEN, "evse_id": 1, "expires_at": at(hours=-1)},
    "reset": {"type": "on_idle", "evse_id": 1},
    "rotate_password": {},
    "send_local_list": {"entries": [{"id_token": ID_TOKEN}]},
    "set_availability": {"availability": "operative", "evse_id": 1},
    "set_charging_profile": {"evse_id": 1, "profile": PROFILE},
    "set_configuration": {"key": "OCPPCommCtrlr.HeartbeatInterval", "value": "60"},
    "set_monitoring": {"monitors": [MONITOR]},
    "set_monitoring_base": {"base": "all"},
    "set_monitoring_level": {"severity": 4},
    "set_network_profile": {
        "slot": 1,
        "security_profile": 1,
        "url": "ws://csms.example.com/ocpp",
    },
    "set_variables": {"variables": [VARIABLE | {"value": "60"}]},
    "start": {"id_token": ID_TOKEN, "evse_id": 1},
    "stop": {"transaction_id": TRANSACTION},
    "trigger": {"message": "Heartbeat"},
    "unlock": {"evse_id": 1},
    "unpublish_firmware": {"md5": MD5},
    "update_cost": {"transaction_id": TRANSACTION, "total_cost": 3.14},
    "update_firmware": {"location": "https://example.com/f.bin"},
}


def answering(action: str) -> Callable[..., Any]:
    """A handler of the package that says yes to this CALL, and keeps what it was asked."""
    schema = payloads.schema_of("2.0.1", f"{action}Response")
    answer = ANSWERS.get(action) or next(payloads.variations(schema))

    async def handler(self: "Station", **asked: Any) -> Any:
        self.asked[action] = asked
        if action in ("GetVariables", "SetVariables"):
            return getattr(call_result, action)(**echo(action, asked))
        return getattr(call_result, action)(**camel_to_snake_case(answer))

    # The package finds its handlers by their names.
    handler.__name__ = f"on_{action}"
    return handler


def echo(action: str, asked: dict[str, Any]) -> dict[str, Any]:
    """A result for each variable that was asked for."""
    verb = action.removesuffix("Variables").lower()
    results = [
        {name: each[name] for name in ("component", "variable")}
        | {"attribute_status": "Accepted"}
        | ({"attribute_value": "60"} if verb == "get" else {})
        for each in asked[f"{verb}_variable_data"]
    ]
    return {f"{verb}_variable_result": results}


class Operator:
    """Commands a charge point through the API."""

    def __init__(self, gateway: RunningGateway, identity: str) -> None:
        self._url = f"{gateway.http}/api/v1/charge-points/{identity}/commands"
        self._headers = {"Authorization": f"Bearer {gateway.api_key()}"}

    async def command(self, type: str, args: Payload) -> requests.Response:
        body = {"type": type, "args": args, "wait": "ack"}
        return await asyncio.to_thread(
            requests.post, self._url, json=body, headers=self._headers, timeout=60
        )


class Station(v201.ChargePoint):
    """`asked` holds the last payload of each action, as the package read it."""

    def __init__(self, *args: Any) -> None:
        self.asked: dict[str, dict[str, Any]] = {}
        super().__init__(*args)

    for _action in sorted(VERSION.csms_actions):
        locals()[f"on_{_action}"] = on(_action)(answering(_action))

    async def tell(self, action: str, payload: Payload) -> Any:
        """Send one CALL; the package raises what is wrong with the answer."""
        request = getattr(call, action)(**camel_to_snake_case(payload))
        return await self.call(request, suppress=False)


@pytest_asyncio.fixture
async def independent(gateway: RunningGateway, identity: str) -> AsyncIterator[Station]:
    gateway.register(identity)
    async with connect(
        f"{gateway.url}/{identity}",
        subprotocols=[Subprotocol("ocpp2.0.1")],
        additional_headers={"Authorization": basic_authorization(identity, KEY)},
    ) as socket:
        station = Station(identity, socket)
        reading = asyncio.create_task(station.start())
        booted = await station.tell("BootNotification", BOOT)
        assert booted.status == "Accepted"
        yield station
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


def told() -> dict[str, Payload]:
    """A message of each kind that a station sends; where not named here, as full as can be."""
    csr, _ = signing_request("somebody else")
    event = {
        "eventType": "Started",
        "timestamp": at(),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": TRANSACTION, "chargingState": "Charging"},
        "idToken": TOKEN,
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [energy(100.0, "Transaction.Begin")],
    }
    named = {
        "BootNotification": BOOT,
        "NotifyEvent": alert("ChargingStation", "Problem", "true"),
        "SignCertificate": {"csr": csr},
        "TransactionEvent": event,
    }
    made = {}
    for action in VERSION.handlers:
        *_, fullest = payloads.variations(payloads.schema_of("2.0.1", f"{action}Request"))
        made[action] = named.get(action, fullest)
    return made


async def test_every_message_of_a_station_is_answered(independent: Station) -> None:
    said = {action: await independent.tell(action, it) for action, it in told().items()}
    assert set(said) == set(VERSION.handlers)
    assert said["TransactionEvent"].id_token_info["status"] == "Accepted"
    assert said["Authorize"].id_token_info["status"] in ("Accepted", "Invalid")
    assert said["Heartbeat"].current_time.endswith("Z")
    assert said["SignCertificate"].status in ("Accepted", "Rejected")


async def test_every_command_reaches_a_station_that_says_yes(
    gateway: RunningGateway, identity: str, independent: Station
) -> None:
    await independent.tell("TransactionEvent", told()["TransactionEvent"])
    operator = Operator(gateway, identity)
    assert set(COMMANDS) == set(VERSION.commands)
    for type, args in COMMANDS.items():
        response = await operator.command(type, args)
        assert response.status_code == 200, (type, response.text)
        command = response.json()
        assert command["state"] in ("accepted", "effect_confirmed"), (type, command)
        action = VERSION.commands[type].action
        assert action in independent.asked, type
    assert set(independent.asked) == set(VERSION.csms_actions)
    assert independent.asked["CostUpdated"] == {"total_cost": 3.14, "transaction_id": TRANSACTION}
    assert independent.asked["RequestStartTransaction"]["evse_id"] == 1
