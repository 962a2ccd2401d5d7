"""What is noted of a certificate that a charge point has accepted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import ChargePoint, Command
from chargepoints.services.commands import outcomes
from tests.chargepoints.admin.conftest import make
from tests.pki import root_certificate

pytestmark = pytest.mark.django_db


def ends(chain: str, state: str, **args: str) -> ChargePoint:
    command = Command.objects.create(
        charge_point=make("CP-1"),
        type="certificate_signed",
        args={"chain": chain, **args},
        requested_by="a test",
        expires_at=timezone.now(),
    )
    with unit_of_work() as unit:
        outcomes.finish(unit, command, state)
    return ChargePoint.objects.get()


@pytest.fixture
def chain() -> str:
    return root_certificate("CP-1")


def test_when_its_own_certificate_expires_is_known_once_it_took_it(chain: str) -> None:
    expires_at = ends(chain, Command.State.ACCEPTED).certificate_expires_at
    assert expires_at is not None
    assert timedelta(days=29) < expires_at - timezone.now() < timedelta(days=31)


@pytest.mark.parametrize(
    ("state", "args"),
    [(Command.State.REJECTED, {}), (Command.State.ACCEPTED, {"use": "v2g"})],
)
def test_what_it_refused_or_uses_for_cars_is_not_noted(
    chain: str, state: str, args: dict[str, str]
) -> None:
    assert ends(chain, state, **args).certificate_expires_at is None


def test_a_chain_that_is_none_costs_nothing() -> None:
    assert ends("no PEM", Command.State.ACCEPTED).certificate_expires_at is None
