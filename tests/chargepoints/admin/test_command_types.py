"""A new command is one entry: the admin and the services are made of what its type says."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command
from chargepoints.roles import ENGINEER, OPERATOR
from chargepoints.services.commands import missing_effects, outcomes
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.command_types.declaration import (
    TEXT,
    Args,
    CommandType,
    arguments,
)
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint

State = Command.State


def has_no_ears(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    yield f"{charge_point.identity} has no ears"


@pytest.fixture
def abandoned() -> list[Command]:
    return []


@pytest.fixture(autouse=True)
def new_types(monkeypatch: pytest.MonkeyPatch, abandoned: list[Command]) -> None:
    """`sing` for operators, with everything that can be known of it; `hum` with nothing."""
    sing = CommandType(
        "Have the charge point sing.",
        arguments(("song",), song=TEXT),
        for_operators=True,
        confirmed=False,
        warnings=(has_no_ears,),
        redacted=lambda args: args | {"song": "(not shown)"},
        why_no_effect=lambda command: ("hoarse", "it has sung too much"),
        abandon=lambda unit, command: abandoned.append(command),
    )
    monkeypatch.setitem(COMMAND_TYPES, "sing", sing)
    monkeypatch.setitem(COMMAND_TYPES, "hum", CommandType("Have it hum.", arguments()))


@pytest.fixture
def newcomer(make_charge_point: MakeChargePoint) -> ChargePoint:
    """No version is known of it: every command is offered."""
    return make_charge_point("CP-2", protocol="")


def form_url(charge_point: ChargePoint, type: str) -> str:
    return f"/admin/chargepoints/chargepoint/{charge_point.pk}/command/?command={type}"


def asked_to(charge_point: ChargePoint, type: str, **args: str) -> Command:
    return Command.objects.create(
        charge_point=charge_point, type=type, args=args, expires_at=timezone.now(), timeout_s=30
    )


def test_who_may_send_it_and_what_is_asked_stand_with_the_type(
    as_role: AsRole, newcomer: ChargePoint
) -> None:
    operator, engineer = as_role(OPERATOR), as_role(ENGINEER)
    assert operator.get(form_url(newcomer, "hum")).status_code == 403
    assert engineer.post(form_url(newcomer, "hum"), {"command": "hum"}).context["confirm"]
    assert "args-song" in operator.get(form_url(newcomer, "sing")).content.decode()
    asked = operator.post(form_url(newcomer, "sing"), {"command": "sing", "args-song": "Aida"})
    assert asked.context["cautions"] == ["CP-2 has no ears"]
    assert "(not shown)" in asked.context["confirm"]
    assert not Command.objects.exists()


def test_what_comes_to_nothing_is_abandoned_and_keeps_no_secret(
    newcomer: ChargePoint, abandoned: list[Command]
) -> None:
    command = asked_to(newcomer, "sing", song="Aida")
    with unit_of_work() as unit:
        outcomes.finish(unit, command, State.REJECTED)
    assert abandoned == [command]
    command.refresh_from_db()
    assert command.args == {"song": "(not shown)"}


def test_why_it_had_no_effect_is_the_types_own_reason(newcomer: ChargePoint) -> None:
    for type, code in (("sing", "hoarse"), ("hum", "no_effect")):
        command = asked_to(newcomer, type, song="Aida")
        with unit_of_work() as unit:
            missing_effects.end_without_effect(unit, command)
        assert command.error_code == code
