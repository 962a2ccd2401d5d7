"""When no server process ran, as the processes themselves note it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from chargepoints.models import ServerProcess, ServerRun
from chargepoints.services.availability import server_runs
from tests.fakes.trials import until
from tests.running_gateway import RunningGateway

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def ran(begin_h: float, end_h: float | None = None) -> None:
    end = None if end_h is None else NOON + timedelta(hours=end_h)
    ServerRun.objects.create(began_at=NOON + timedelta(hours=begin_h), ended_at=end)


def down(begin_h: float, end_h: float) -> list[tuple[float, float]]:
    found = server_runs.downtimes(NOON + timedelta(hours=begin_h), NOON + timedelta(hours=end_h))
    hour = timedelta(hours=1)
    return [((since - NOON) / hour, (until - NOON) / hour) for since, until in found]


@pytest.mark.django_db
def test_it_is_down_while_no_process_runs() -> None:
    ran(-50, -10)
    ran(-20, 1)  # beside the first one
    ran(2, 3)
    ran(3.5)
    assert down(-40, 10) == [(1, 2), (3, 3.5)]
    assert down(1.5, 1.75) == [(1.5, 1.75)]
    assert down(4, 5) == []


@pytest.mark.django_db
def test_nothing_is_said_of_times_before_runs_were_noted() -> None:
    assert down(-10, 10) == []
    ran(2)
    assert down(-10, 10) == []


@pytest.mark.django_db
def test_a_process_that_was_lost_ran_until_its_last_heartbeat() -> None:
    server = ServerProcess.objects.create(host="a", pid=1, heartbeat_at=NOON)
    server_runs.begin(server.pk, NOON - timedelta(hours=1))
    server_runs.end_with_last_heartbeat([server.pk])
    assert ServerRun.objects.get().ended_at == NOON


async def test_a_server_notes_its_run_also_when_it_was_killed(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(PAGES_APART="false")  # the process for pages has a run of its own
    await until(lambda: ServerRun.objects.filter(ended_at=None).count() == 1)
    gateway.kill()
    # As if it had been dead for a while: then the next one need not wait to be sure of it.
    ServerProcess.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(minutes=1))
    gateway.start()
    ended = ServerRun.objects.filter(ended_at__isnull=False)
    await until(ended.exists, within=15)
    assert ServerRun.objects.count() == 2
    gateway.stop()
    assert not ServerRun.objects.filter(ended_at=None).exists()
