"""A roll-out that several server processes take further at the same moment."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import Command, RollOut, RollOutTarget
from chargepoints.services.commands import roll_out_steps, roll_outs
from chargepoints.services.commands.roll_outs import Care
from tests.chargepoints.admin.conftest import make

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_several_processes_hand_out_each_command_once() -> None:
    targets = [make(f"CP-{number:02}").pk for number in range(30)]
    roll_outs.begin(
        targets,
        "clear_cache",
        {},
        Care(waves=[], at_once=10),
        chosen_by="a test",
        requested_by="a test",
    )
    ready = threading.Barrier(4)

    def sweep() -> None:
        ready.wait(10)
        for _ in range(5):
            with unit_of_work() as unit:
                roll_out_steps.step(unit, timezone.now())
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent_to = list(Command.objects.values_list("charge_point", flat=True))
    assert len(sent_to) == len(set(sent_to)) == 10
    under_way = RollOutTarget.objects.filter(state=RollOutTarget.State.UNDER_WAY)
    assert set(under_way.values_list("charge_point", flat=True)) == set(sent_to)


def test_who_pauses_it_waits_for_the_process_that_has_it_in_hand() -> None:
    roll_out = roll_outs.begin(
        [make("CP-1").pk], "clear_cache", {}, Care(), chosen_by="a test", requested_by="a test"
    )
    in_hand, go_on = threading.Event(), threading.Event()

    def sweep() -> None:
        with unit_of_work() as unit:
            roll_out_steps.step(unit, timezone.now())
            in_hand.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=sweep)
    thread.start()
    assert in_hand.wait(10)
    threading.Timer(0.3, go_on.set).start()
    assert roll_outs.pause(roll_out).state == RollOut.State.PAUSED
    thread.join()
    # What had been handed out, and was not sent yet, is taken back.
    assert Command.objects.get().state == Command.State.CANCELLED
    assert RollOutTarget.objects.get().state == RollOutTarget.State.WAITING
