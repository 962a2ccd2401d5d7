"""What is believed of the energy register of a charger that tells nothing of its power."""

import pytest

from chargepoints.models import Message
from tests.operated import OperatedCharger, at
from tests.running_gateway import RunningGateway


@pytest.mark.parametrize(("step_wh", "believed"), [(8000, True), (2_000_000, False)])
async def test_where_no_most_power_is_told_a_register_may_go_as_far_as_any_charger_takes_it(
    gateway: RunningGateway, identity: str, step_wh: int, believed: bool
) -> None:
    """No key of 1.6 tells what a connector can give."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        number = (await cp.start("TAG", meterStart=1000, timestamp=at(minutes=2)))["transactionId"]
        for wh, ago_s in ((1300, 60), (1300 + step_wh, 0)):
            sample = {"timestamp": at(seconds=ago_s), "sampledValue": [{"value": str(wh)}]}
            values = {"transactionId": number, "meterValue": [sample]}
            await cp.call("MeterValues", {"connectorId": 1, **values})
        (transaction,) = cp.transactions()
        assert transaction.energy_wh == 300 + step_wh * believed
        newest = Message.objects.filter(charge_point=cp.row, action="MeterValues").latest("pk")
        assert newest.deviations == ([] if believed else ["register_jumped"])
