"""A fault of ours in the handling of one message costs that message, and nothing else."""

from typing import Any

import pytest

from chargepoints.models import Message
from tests.operated import OperatedCharger


@pytest.mark.expected_errors("failed")
@pytest.mark.parametrize(
    ("action", "payload"), [("DataTransfer", {"vendorId": "x"}), ("Authorize", {"idTag": "04A1"})]
)
async def test_a_fault_is_answered_as_one_and_the_socket_stays_open(
    start_gateway: Any, action: str, payload: dict[str, Any]
) -> None:
    gateway = start_gateway(DJANGO_SETTINGS_MODULE="tests.faults.faulty_settings")
    async with await OperatedCharger.connect(gateway, "FAULTY") as charger:
        assert await charger.refused(action, payload) == "InternalError"
        assert await charger.call("Heartbeat", {})
        message = Message.objects.get(charge_point=charger.row, action=action)
        assert message.error_code == "InternalError"
    assert f"{action} of FAULTY failed" in gateway.log.read_text()
