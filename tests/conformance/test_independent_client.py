"""The charging station of the `ocpp` package: every message of OCPP 2.0.1 and of 2.1, each way.

The package writes, reads and validates its frames by itself; nothing of them is ours.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
import requests
from ocpp import v21, v201
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.routing import on
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from chargepoints.protocol.versions import OcppVersion, installed_versions
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
    "update_limit": {"evse_id": 1, "limit": 16},
}
TARIFF: Payload = {
    "tariffId": "NIGHT",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.25}]},
}
# What 2.1 has beside them.
MORE_COMMANDS: dict[str, Payload] = {
    "adjust_event_stream": {"stream_id": 1, "interval_s": 60},
    "afrr_signal": {"signal": 5},
    "allow_energy_transfer": {"transaction_id": TRANSACTION, "energy_transfer": ["DC"]},
    "battery_swap": {"id_token": ID_TOKEN},
    "change_tariff": {"transaction_id": TRANSACTION, "tariff": TARIFF},
    "clear_der_controls": {"control_id": "L-1"},
    "clear_tariffs": {},
    "get_der_controls": {},
    "get_event_streams": {},
    "get_tariffs": {},
    "priority_charging": {"transaction_id": TRANSACTION},
    "set_default_tariff": {"tariff": TARIFF},
    "set_der_control": {
        "control_type": "EnterService",
        "setting": {
            "priority": 1,
            "highVoltage": 253.0,
            "lowVoltage": 207.0,
            "highFreq": 50.2,
            "lowFreq": 49.8,
        },
    },
    "web_payment_started": {"evse_id": 1, "timeout_s": 60},
}
# The one request that no first command of a kind sends.
UPDATE = ("update_limit", {"evse_id": 1, "limit": 10}, "UpdateDynamicSchedule")
# What it cannot write of 2.1: it has no SEND, and spells required fields of the others wrong.
BEYOND_THE_PACKAGE = {
    "2.0.1": frozenset[str](),
    "2.1": frozenset({"BatterySwap", "Get15118EVCertificate", "NotifyPeriodicEventStream"}),
}
MISSPELT = frozenset({"2.1"})
PACKAGE = {"2.0.1": v201, "2.1": v21}


def answering(version: OcppVersion, action: str) -> Callable[..., Any]:
    """A handler of the package that says yes to this CALL, and keeps what it was asked."""
    call_result = PACKAGE[version.name].call_result
    schema = payloads.schema_of(version.name, f"{action}Response")
    answer = ANSWERS.get(action) or next(payloads.variations(schema))

    async def handler(self: Any, **asked: Any) -> Any:
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


def station_of(version: OcppVersion) -> Any:
    """`asked` holds the last payload of each action, as the package read it."""
    package = PACKAGE[version.name]

    def begin(self: Any, *args: Any) -> None:
        self.asked = {}
        package.ChargePoint.__init__(self, *args)

    async def tell(self: Any, action: str, payload: Payload) -> Any:
        """Send one CALL; the package raises what is wrong with the answer."""
        request = getattr(package.call, action)(**camel_to_snake_case(payload))
        return await self.call(request, suppress=False)

    handlers = {
        f"on_{action}": on(action)(answering(version, action)) for action in version.csms_actions
    }
    return type("Station", (package.ChargePoint,), {"__init__": begin, "tell": tell, **handlers})


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
def version(request: pytest.FixtureRequest) -> OcppVersion:
    return installed_versions()[request.param]


@pytest_asyncio.fixture
async def independent(
    gateway: RunningGateway, identity: str, version: OcppVersion
) -> AsyncIterator[Any]:
    gateway.register(identity)
    async with connect(
        f"{gateway.url}/{identity}",
        subprotocols=[Subprotocol(version.subprotocol)],
        additional_headers={"Authorization": basic_authorization(identity, KEY)},
    ) as socket:
        station = station_of(version)(identity, socket)
        reading = asyncio.create_task(station.start())
        booted = await station.tell("BootNotification", BOOT)
        assert booted.status == "Accepted"
        yield station
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


def told(version: OcppVersion) -> dict[str, Payload]:
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
    for action in version.handlers.keys() - BEYOND_THE_PACKAGE[version.name]:
        made[action] = named.get(action) or fullest(version, action)
    return made


def fullest(version: OcppVersion, action: str) -> Payload:
    schema = payloads.schema_of(version.name, f"{action}Request")
    *_, all_fields = variations = list(payloads.variations(schema))
    if version.name not in MISSPELT:
        return all_fields
    valid = jsonschema_rs.validator_for(schema)
    spelt = [as_far_as_spelt(each) for each in variations]
    *_, fits = (each for each in spelt if valid.is_valid(each))
    return dict(fits)


def as_far_as_spelt(payload: Any) -> Any:
    """Without what the package spells otherwise than OCPP: `soC` for `soc`, `limitL2`, ..."""
    if isinstance(payload, list):
        return [as_far_as_spelt(each) for each in payload]
    if not isinstance(payload, dict):
        return payload
    return {name: as_far_as_spelt(each) for name, each in payload.items() if is_spelt(name, each)}


def is_spelt(name: str, value: Any) -> bool:
    written = snake_to_camel_case(camel_to_snake_case({name: None}))
    if "15118" in name or (isinstance(value, dict) and "soc" in value):
        return False
    return name in written


async def test_every_message_of_a_station_is_answered(
    independent: Any, version: OcppVersion
) -> None:
    said = {action: await independent.tell(action, it) for action, it in told(version).items()}
    assert set(said) == version.handlers.keys() - BEYOND_THE_PACKAGE[version.name]
    assert said["TransactionEvent"].id_token_info["status"] == "Accepted"
    assert said["Authorize"].id_token_info["status"] in ("Accepted", "Invalid")
    assert said["Heartbeat"].current_time.endswith("Z")
    assert said["SignCertificate"].status in ("Accepted", "Rejected")


@pytest.mark.slow
async def test_every_command_reaches_a_station_that_says_yes(
    gateway: RunningGateway, identity: str, independent: Any, version: OcppVersion
) -> None:
    await independent.tell("TransactionEvent", told(version)["TransactionEvent"])
    operator = Operator(gateway, identity)
    commands = COMMANDS | (MORE_COMMANDS if version.extends else {})
    assert set(commands) == set(version.commands)
    asked = [(type, args, version.commands[type].action) for type, args in commands.items()]
    for type, args, action in [*asked, UPDATE] if version.extends else asked:
        response = await operator.command(type, args)
        assert response.status_code == 200, (type, response.text)
        command = response.json()
        assert command["state"] in ("accepted", "effect_confirmed"), (type, command)
        assert action in independent.asked, type
    assert set(independent.asked) == set(version.csms_actions)
    assert independent.asked["CostUpdated"] == {"total_cost": 3.14, "transaction_id": TRANSACTION}
    assert independent.asked["RequestStartTransaction"]["evse_id"] == 1
