"""An answer that cannot be read, or that nobody waits for, shows no password in the trace."""

import asyncio
import json

import pytest

from tests.operated import OperatedCharger, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

KEY = "0123456789abcdef"
SHOWN_16 = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": KEY}]}
SHOWN_201 = {
    "getVariableResult": [
        {
            "attributeStatus": "Accepted",
            "attributeValue": KEY,
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
        }
    ]
}
HARMLESS = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_an_answer_that_is_cut_in_the_middle_shows_no_password(
    gateway: RunningGateway, identity: str, version: str
) -> None:
    kind, action, shown = (
        (OperatedCharger, "GetConfiguration", SHOWN_16)
        if version == "1.6"
        else (OperatedStation, "GetVariables", SHOWN_201)
    )
    async with await kind.connect(gateway, identity) as cp:
        asked = {"keys": ["SecurityCtrlr.BasicAuthPassword"]} if version == "2.0.1" else {}
        posted = asyncio.create_task(cp.post("get_configuration", asked, wait="ack"))
        message_id, _ = await cp.charger.expect_call(action)
        text = json.dumps([3, message_id, shown | {"unknownKey": ["x"]}])
        await cp.charger.send_text(text[: text.rindex("x")])
        assert (await posted).json()["error"]["code"] == "bad_response"
        trace = cp.row.messages.get(action=action)
        assert trace.reply == "(not kept: it may show a password or a key)"


async def test_an_answer_that_nobody_waits_for_shows_no_password(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for number, payload in enumerate((SHOWN_16, HARMLESS)):
            await cp.charger.send_text(json.dumps([3, f"late-{number}", payload]))
            stray = cp.row.messages.filter(message_id=f"late-{number}")
            await eventually(stray.exists)
            assert KEY not in stray.get().request
        assert "HeartbeatInterval" in stray.get().request
