"""A command for many charge points, in waves: who gets it when, and when it stops."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.gateway import claiming
from chargepoints.models import ChargePoint, Command, Connection, RollOut, RollOutTarget
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.commands import outcomes, roll_out_steps, roll_outs, submission
from chargepoints.services.commands.roll_outs import Care
from chargepoints.services.commands.submission import CommandRefused
from tests.chargepoints.admin.conftest import charge, make

pytestmark = pytest.mark.django_db

STATE = Command.State


def fleet(count: int, **fields: Any) -> list[ChargePoint]:
    return [make(f"CP-{number:02}", **fields) for number in range(1, count + 1)]


def begin(charge_points: list[ChargePoint], type: str = "clear_cache", **care: Any) -> RollOut:
    args = {"firmware": "v2.bin"} if type == "update_firmware" else {}
    return roll_outs.begin(
        [each.pk for each in charge_points],
        type,
        args,
        Care(**care),
        chosen_by="a test",
        requested_by="a test",
    )


def step(roll_out: RollOut, **later: float) -> RollOut:
    with unit_of_work() as unit:
        roll_out_steps.step(unit, timezone.now() + timedelta(**later))
    roll_out.refresh_from_db()
    return roll_out


def sent_to() -> list[str]:
    """Whose commands wait to be sent."""
    queued = Command.objects.filter(state=STATE.QUEUED)
    return sorted(queued.values_list("charge_point__identity", flat=True))


def ends(state: str, identity: str = "", **fields: Any) -> None:
    """The commands that are open, or the one of this charge point, are sent and end so."""
    commands = Command.objects.filter(finished_at=None)
    if identity:
        commands = commands.filter(charge_point__identity=identity)
    for command in commands:
        command.sent_at = timezone.now()
        with unit_of_work() as unit:
            outcomes.finish(unit, command, state, **fields)


def states(roll_out: RollOut) -> list[str]:
    return list(roll_out.targets.order_by("pk").values_list("state", flat=True))


def is_over(roll_out: RollOut) -> bool:
    return roll_out.finished_at is not None


def test_waves_are_numbers_and_shares_and_the_rest() -> None:
    assert roll_outs.wave_sizes(30, ["1", "10%"]) == [1, 3, 26]
    assert roll_outs.wave_sizes(5, ["1", "10%"]) == [1, 1, 3]
    assert roll_outs.wave_sizes(3, ["10"]) == [3]
    assert roll_outs.wave_sizes(4, []) == [4]


def test_a_wave_begins_when_the_one_before_is_well() -> None:
    roll_out = begin(fleet(12), waves=["1", "25%"])
    step(roll_out)
    assert sent_to() == ["CP-01"]
    step(roll_out)
    assert sent_to() == ["CP-01"]
    ends(STATE.ACCEPTED)
    step(roll_out)
    assert (roll_out.wave, sent_to()) == (1, [])
    step(roll_out)
    assert sent_to() == ["CP-02", "CP-03", "CP-04"]
    ends(STATE.ACCEPTED, "CP-02")
    step(roll_out)
    assert sent_to() == ["CP-03", "CP-04"]
    ends(STATE.ACCEPTED)
    step(roll_out)
    step(roll_out)
    assert len(sent_to()) == 8
    ends(STATE.ACCEPTED)
    assert step(roll_out).state == RollOut.State.FINISHED
    assert is_over(roll_out)
    assert Command.objects.count() == 12
    assert set(states(roll_out)) == {"well"}


def test_it_halts_at_the_third_failure_and_goes_on_when_it_is_resumed() -> None:
    roll_out = begin(fleet(10), waves=["1"], halt_after=3, at_once=4)
    step(roll_out)
    ends(STATE.ACCEPTED)
    step(roll_out)
    step(roll_out)
    assert len(sent_to()) == 4
    ends(STATE.REJECTED, "CP-02")
    ends(STATE.TIMEOUT, "CP-03")
    assert step(roll_out).state == RollOut.State.RUNNING
    ends(STATE.NO_EFFECT, "CP-04")
    assert step(roll_out).state == RollOut.State.HALTED
    assert roll_out.halted_because == "3 charge points failed"
    # What was handed out and not sent yet is taken back.
    assert sent_to() == []
    step(roll_out)
    assert sent_to() == []
    roll_outs.resume(roll_out)
    step(roll_out)
    assert sent_to() == ["CP-05", "CP-06", "CP-07", "CP-08"]
    ends(STATE.ACCEPTED)
    step(roll_out)
    ends(STATE.ACCEPTED)
    assert step(roll_out).state == RollOut.State.FINISHED
    assert states(roll_out).count("failed") == 3
    assert states(roll_out).count("well") == 7


def test_a_wave_of_which_none_ended_well_halts_it_before_that() -> None:
    roll_out = begin(fleet(5), waves=["1"], halt_after=3)
    step(roll_out)
    ends(STATE.REJECTED)
    assert step(roll_out).state == RollOut.State.HALTED
    assert roll_out.halted_because == "no charge point of wave 1 succeeded"
    roll_outs.resume(roll_out)
    step(roll_out)
    step(roll_out)
    assert len(sent_to()) == 4


def test_who_is_charging_or_offline_waits_and_is_left_out_in_the_end() -> None:
    charging, away, idle = fleet(3)
    running = charge(charging)
    ChargePoint.objects.filter(pk=away.pk).update(connection=None)
    roll_out = begin([charging, away, idle], waves=[], wait_s=3600)
    step(roll_out)
    assert sent_to() == ["CP-03"]
    ends(STATE.ACCEPTED)
    running.ended_at = timezone.now()
    running.save()
    step(roll_out)
    assert sent_to() == ["CP-01"]
    ends(STATE.ACCEPTED)
    assert step(roll_out).state == RollOut.State.RUNNING
    assert step(roll_out, hours=2).state == RollOut.State.FINISHED
    assert RollOutTarget.objects.get(charge_point=away).state == "skipped"


def test_during_transactions_it_is_sent_only_where_it_was_told_so() -> None:
    (charging,) = fleet(1)
    charge(charging)
    step(begin([charging], waves=[]))
    assert sent_to() == []
    step(begin([charging], waves=[], during_transactions=True))
    assert sent_to() == ["CP-01"]


def test_a_transaction_that_begins_before_the_command_is_sent_holds_it_back() -> None:
    (charge_point,) = fleet(1)
    step(begin([charge_point], waves=[]))
    running = charge(charge_point)
    station = Station.of(charge_point)
    assert charge_point.connection_id is not None
    station.connection_id, station.boot_accepted = charge_point.connection_id, True
    version = installed_versions()["ocpp1.6"]
    with unit_of_work() as unit:
        assert claiming.claim(unit, station, version, ready=True) is None
    running.ended_at = timezone.now()
    running.save()
    with unit_of_work() as unit:
        assert claiming.claim(unit, station, version, ready=True) is not None


def test_a_command_that_was_never_sent_is_made_again_and_one_that_was_is_not() -> None:
    roll_out = begin(fleet(2), waves=[])
    step(roll_out)
    first, second = Command.objects.order_by("charge_point__identity")
    second.sent_at = timezone.now()
    with unit_of_work() as unit:
        outcomes.fail(unit, first, STATE.EXPIRED, "transport", "expired", "not in time")
        outcomes.fail(unit, second, STATE.TIMEOUT, "transport", "no_answer", "not known")
    step(roll_out)
    assert RollOutTarget.objects.get(charge_point=second.charge_point).state == "failed"
    roll_outs.resume(roll_out)
    step(roll_out)
    assert sent_to() == ["CP-01"]


def test_firmware_is_proven_by_the_version_that_is_reported() -> None:
    first, second = fleet(2, firmware_version="1.0")
    roll_out = begin([first, second], "update_firmware", waves=["1"], back_within_s=60)
    step(roll_out)
    command = Command.objects.get()
    command.sent_at, command.effect_key = timezone.now(), "firmware:1"
    with unit_of_work() as unit:
        outcomes.finish(unit, command, STATE.ACCEPTED)
    assert states(step(roll_out))[0] == "under_way"
    ChargePoint.objects.filter(pk=first.pk).update(firmware_version="2.0", connection=None)
    assert states(step(roll_out))[0] == "under_way"
    back = Connection.objects.create(charge_point=first, protocol="ocpp1.6", path="/ocpp/CP-01")
    ChargePoint.objects.filter(pk=first.pk).update(connection=back)
    assert states(step(roll_out))[0] == "well"


def test_a_version_that_was_not_known_before_proves_nothing() -> None:
    (charge_point,) = fleet(1)
    roll_out = begin([charge_point], "update_firmware", waves=[])
    step(roll_out)
    ChargePoint.objects.filter(pk=charge_point.pk).update(firmware_version="1.0")
    assert states(step(roll_out)) == ["under_way"]
    ends(STATE.TIMEOUT)
    assert states(step(roll_out)) == ["failed"]


def test_who_does_not_come_back_has_failed() -> None:
    (charge_point,) = fleet(1)
    roll_out = begin([charge_point], "reset", waves=[], back_within_s=60)
    step(roll_out)
    ends(STATE.ACCEPTED)
    assert states(step(roll_out)) == ["under_way"]
    step(roll_out, minutes=5)
    target = RollOutTarget.objects.get()
    assert (target.state, target.code) == ("failed", "not_back")
    assert "did not boot" in target.detail


def test_a_pause_takes_back_what_was_not_sent_and_nothing_is_sent_twice() -> None:
    roll_out = begin(fleet(3), waves=[])
    step(roll_out)
    Command.objects.filter(charge_point__identity="CP-01").update(
        state=STATE.SENT, sent_at=timezone.now()
    )
    roll_outs.pause(roll_out)
    assert sent_to() == []
    step(roll_out)
    assert sent_to() == []
    with pytest.raises(CommandRefused, match="paused already"):
        roll_outs.pause(roll_out)
    roll_outs.resume(roll_out)
    step(roll_out)
    assert sent_to() == ["CP-02", "CP-03"]


def test_a_cancelled_roll_out_ends_when_what_was_sent_has_ended() -> None:
    roll_out = begin(fleet(3), waves=["1"])
    step(roll_out)
    Command.objects.update(state=STATE.SENT, sent_at=timezone.now())
    roll_outs.cancel(roll_out)
    assert states(step(roll_out)) == ["under_way", "cancelled", "cancelled"]
    assert not is_over(roll_out)
    ends(STATE.ACCEPTED)
    assert states(step(roll_out)) == ["well", "cancelled", "cancelled"]
    assert is_over(roll_out)
    with pytest.raises(CommandRefused, match="cancelled already"):
        roll_outs.cancel(roll_out)


def test_the_first_waves_are_of_those_that_are_online() -> None:
    charge_points = fleet(3)
    ChargePoint.objects.filter(pk=charge_points[0].pk).update(connection=None)
    step(begin(charge_points, waves=["1"]))
    assert sent_to() == ["CP-02"]


def test_passwords_are_kept_no_longer_than_they_are_needed() -> None:
    (charge_point,) = fleet(1)
    payload = {"key": "AuthorizationKey", "value": "5345435245545345"}
    args = {"action": "ChangeConfiguration", "payload": payload}
    roll_out = roll_outs.begin(
        [charge_point.pk], "raw", args, Care(), chosen_by="a test", requested_by="a test"
    )
    step(roll_out)
    assert roll_out.args == args
    ends(STATE.REJECTED)
    step(roll_out)
    roll_outs.cancel(roll_out)
    roll_out.refresh_from_db()
    assert roll_out.args["payload"]["value"] == "(not shown)"


def test_staff_who_cancel_one_command_leave_its_charge_point_out() -> None:
    roll_out = begin(fleet(1), waves=[])
    step(roll_out)
    submission.cancel(Command.objects.get())
    assert states(step(roll_out)) == ["skipped"]
