"""The `ocpp` package's own charge point, as its documentation has it: every message of 1.6."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest_asyncio
from ocpp import v16
from ocpp.routing import on
from ocpp.v16 import call, call_result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chargepoints.models import ChargePoint, Message, SecurityEvent, StatusChange
from ocpp_v16.version import VERSION
from tests.fakes.charger import RawCharger, basic_authorization
from tests.ocpp_v16.requests import ANSWERS, COMMANDS
from tests.operated import OperatedCharger, Payload, at, eventually
from tests.pki import signing_request
from tests.running_gateway import KEY, RunningGateway


class IndependentClient(v16.ChargePoint):
    """`asked` has, by action, the payload that came last, in the package's spelling."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: dict[str, Payload] = {}


def handler(action: str) -> Any:
    def answer(self: IndependentClient, **payload: Any) -> Any:
        self.asked[action] = payload
        return getattr(call_result, action)(**snake_case(ANSWERS.get(action)))

    # The package finds its handlers by the names of their functions.
    answer.__name__ = f"on_{action}"
    return on(action)(answer)


def snake_case(answer: Payload | None) -> Payload:
    """The package spells what it sends; only the names of its own fields are its own."""
    if answer is None:
        return {"status": "Accepted"}
    spelled = {
        "connectorId": "connector_id",
        "scheduleStart": "schedule_start",
        "chargingSchedule": "charging_schedule",
        "configurationKey": "configuration_key",
        "unknownKey": "unknown_key",
        "fileName": "file_name",
        "certificateHashData": "certificate_hash_data",
        "listVersion": "list_version",
    }
    return {spelled.get(name, name): value for name, value in answer.items()}


for _action in VERSION.csms_actions:
    setattr(IndependentClient, f"on_{_action}", handler(_action))


class Independent(OperatedCharger):
    """The package's charge point, which holds the socket, at one end, the API at the other."""

    def __init__(
        self, gateway: RunningGateway, row: ChargePoint, client: IndependentClient
    ) -> None:
        super().__init__(gateway, row, cast(RawCharger, None))
        self.client = client


@pytest_asyncio.fixture
async def cp(gateway: RunningGateway, identity: str) -> AsyncIterator[Independent]:
    """Connected by the package alone, and booted."""
    row = gateway.register(identity)
    headers = {"Authorization": basic_authorization(identity, KEY)}
    async with connect(
        f"{gateway.url}/{identity}",
        subprotocols=[Subprotocol("ocpp1.6")],
        additional_headers=headers,
        proxy=None,
    ) as socket:
        operated = Independent(gateway, row, IndependentClient(identity, socket))
        reading = asyncio.create_task(read(operated.client))
        boot = call.BootNotification(charge_point_model="Wall 22", charge_point_vendor="Acme")
        assert (await operated.client.call(boot)).status == "Accepted"
        yield operated
    await reading


async def read(client: IndependentClient) -> None:
    with contextlib.suppress(ConnectionClosed):
        await client.start()


def test_every_request_to_a_charge_point_has_its_command() -> None:
    assert set(COMMANDS) == VERSION.csms_actions


async def test_every_request_of_the_gateway_is_understood_and_its_answer_read(
    cp: Independent,
) -> None:
    for action, (type, args, expected) in COMMANDS.items():
        response = await cp.post(type, args, wait="ack")
        command = response.json()
        assert command["ocpp"]["action"] == action, command
        assert command["state"] == "accepted", command["ocpp"]
        payload = cp.client.asked[action]
        assert {name: payload.get(name) for name in expected} == expected, payload
        answer = ANSWERS.get(action, {"status": "Accepted"})
        assert command["ocpp"]["response"] == answer


async def test_every_request_of_the_charge_point_is_answered(cp: Independent) -> None:
    csr, _ = signing_request("SN-1")
    ask = cp.client.call
    sampled = [{"value": "150", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
    meter_value = [{"timestamp": at(minutes=1), "sampled_value": sampled}]
    assert (await ask(call.Authorize("04A1B2C3"))).id_tag_info["status"] == "Accepted"
    assert (await ask(call.Heartbeat())).current_time.endswith("Z")
    status = call.StatusNotification(1, "NoError", "Preparing", timestamp=at())
    await ask(status)
    started = await ask(call.StartTransaction(1, "04A1B2C3", 100, at(minutes=2)))
    number = started.transaction_id
    await ask(call.MeterValues(1, meter_value, number))
    stopped = await ask(call.StopTransaction(1100, at(), number, "Local", "04A1B2C3", meter_value))
    assert stopped.id_tag_info["status"] == "Accepted"
    assert (await ask(call.DataTransfer("Acme", "light", "on"))).status == "UnknownVendorId"
    await ask(call.DiagnosticsStatusNotification("Idle"))
    await ask(call.FirmwareStatusNotification("Idle"))
    await ask(call.LogStatusNotification("Idle", 1))
    await ask(call.SecurityEventNotification("SettingSystemTime", at(), "by hand"))
    await ask(call.SignedFirmwareStatusNotification("Idle", 1))
    assert (await ask(call.SignCertificate(csr))).status == "Accepted"
    # Answered first, followed by the certificate.
    await eventually(lambda: "CertificateSigned" in cp.client.asked)
    (transaction,) = cp.transactions()
    assert (transaction.energy_wh, transaction.id_token) == (1000, "04A1B2C3")
    assert transaction.meter_values.count() == 1
    assert StatusChange.objects.get(charge_point=cp.row).ocpp_status == "Preparing"
    assert SecurityEvent.objects.get(charge_point=cp.row).type == "SettingSystemTime"
    sent = Message.objects.filter(charge_point=cp.row, direction="in", outcome="result")
    assert {message.action for message in sent} == set(VERSION.handlers)
    assert [message.deviations for message in sent if message.deviations] == []
