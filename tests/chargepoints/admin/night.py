"""A night in which bus 42 did not charge, for the pages that tell of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chargepoints.models import ChargePoint, Command, Connection, TokenDecision, Transaction

NIGHT = datetime(2026, 11, 28, 18, tzinfo=UTC)
SPAN = "from=2026-11-28T18:00&to=2026-11-29T08:00"


def hours(count: float) -> datetime:
    return NIGHT + timedelta(hours=count)


def connected(charge_point: ChargePoint, opened: float, closed: float | None = None) -> None:
    Connection.objects.create(
        charge_point=charge_point,
        protocol="ocpp1.6",
        remote_address="10.1.2.3",
        opened_at=hours(opened),
        closed_at=None if closed is None else hours(closed),
        close_reason="" if closed is None else "the charger answered no ping",
    )


def refused(charge_point: ChargePoint, at: float, **fields: Any) -> None:
    TokenDecision.objects.create(
        charge_point=charge_point,
        asked_at=hours(at),
        action="Authorize",
        message_id="1",
        **{
            "id_token": "04A1B2",
            "status": "blocked",
            "decided_by": "core",
            "core_ms": 200,
            **fields,
        },
    )


def pass_badly(charge_point: ChargePoint, token: str = "04A1B2") -> None:
    """A refused token, two hours offline, a remote start without effect, a stop told late."""
    Connection.objects.filter(charge_point=charge_point).delete()
    connected(charge_point, -1, 3)
    connected(charge_point, 5)
    refused(charge_point, 2, id_token=token)
    start = Command.objects.create(
        charge_point=charge_point,
        type="start",
        args={},
        state="no_effect",
        error_class="station",
        error_code="no_cable",
        error_detail="nobody plugged in a car in time",
        requested_by="ops@depot",
        expires_at=hours(6),
        timeout_s=30,
    )
    Command.objects.filter(pk=start.pk).update(created_at=hours(6))
    Transaction.objects.create(
        charge_point=charge_point,
        transaction_id="7",
        evse_id=1,
        id_token=token,
        started_at=hours(7),
        started_received_at=hours(7),
        ended_at=hours(8),
        ended_received_at=hours(9.5),
        meter_start_wh=0,
        meter_stop_wh=50,
        stop_reason="EVDisconnected",
    )
