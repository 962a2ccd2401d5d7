"""The simulated charger of 2.1, made of the `ocpp` package, at the gateway."""

import asyncio
from contextlib import suppress

from chargepoints.models import Transaction
from tests.fakes.charging import Pace
from tests.fakes.outlet import Plate
from tests.fakes.simulator_v21 import Charger21
from tests.operated import OperatedCharger, Payload, eventually
from tests.running_gateway import KEY, RunningGateway

PACE = Pace(speed=1, handling_s=(0.01, 0.02), pauses_one_in=0)
START: Payload = {"id_token": {"value": "04A1B2", "type": "ISO14443"}, "evse_id": 1}


async def test_it_charges_and_its_limit_moves(gateway: RunningGateway, identity: str) -> None:
    row = gateway.register(identity)
    operator = OperatedCharger(gateway, row, charger=None)  # type: ignore[arg-type]
    charger = Charger21(
        identity, gateway.url, KEY, pace=PACE, plate=Plate(outlets=1), sample_interval_s=1
    )
    life = asyncio.create_task(charger.run())
    try:
        async with asyncio.timeout(20):
            await charger.online.wait()
        started = await operator.post("start", START, wait="effect", timeout_s=20)
        assert started.json()["state"] == "effect_confirmed", started.text
        for limit in (16, 8):
            said = await operator.post("update_limit", {"evse_id": 1, "limit": limit}, wait="ack")
            assert said.json()["state"] == "accepted", said.text
            assert charger.outlets[0].limit_w == limit * 690
        (transaction,) = Transaction.objects.filter(charge_point=row)

        def obeys() -> bool:
            transaction.refresh_from_db()
            return 0 < (transaction.power_w or 0) < 6000

        await eventually(obeys)
        stop = {"transaction_id": transaction.transaction_id}
        stopped = await operator.post("stop", stop, wait="effect", timeout_s=20)
        assert stopped.json()["state"] == "effect_confirmed", stopped.text
        row.refresh_from_db()
        assert row.protocol == "ocpp2.1"
    finally:
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life
