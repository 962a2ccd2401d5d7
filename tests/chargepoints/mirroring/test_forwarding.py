"""Which messages of the trace a mirror is told next."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargepoints.mirroring import forwarding
from chargepoints.models import ChargePoint, Message, Mirror

pytestmark = pytest.mark.django_db

OLD_SOCKET, NEW_SOCKET = 1, 2


def said(row: ChargePoint, pk: int, connection: int, **more: Any) -> Message:
    return Message.objects.create(
        pk=pk,
        charge_point=row,
        connection_id=connection,
        direction="in",
        action="Heartbeat",
        message_id=str(pk),
        request=f'[2,"{pk}","Heartbeat",{{}}]',
        outcome="result",
        **{"started_at": timezone.now(), "duration_ms": 1.0} | more,
    )


def test_what_a_process_commits_late_of_the_socket_before_is_told_in_its_place() -> None:
    row = ChargePoint.objects.create(identity="MOVED", protocol="ocpp1.6")
    said(row, 1000, OLD_SOCKET)
    mirror = Mirror.objects.create(
        charge_point=row, url="ws://other.example", told_through=1000, told_at=timezone.now()
    )

    def told() -> list[int]:
        return [each.pk for each in forwarding.next_messages(mirror)]

    # The charger has moved to another process, which commits first.
    moved = said(row, 1002, NEW_SOCKET)
    assert told() == []
    said(row, 1001, OLD_SOCKET)
    assert told() == [1001]
    ago = timezone.now() - forwarding.COMMITTED_AFTER - timedelta(seconds=1)
    # It waited for a decision of core: what counts is when it was stored.
    Message.objects.filter(pk=moved.pk).update(started_at=ago, duration_ms=3000.0)
    assert told() == [1001]
    Message.objects.filter(pk=moved.pk).update(duration_ms=1.0)
    assert told() == [1001, 1002]
