"""What policy decided while core was away is told to core afterwards, and core's word stands."""

import pytest
from django.utils import timezone

from chargepoints.models import ChargePoint, Command, Event, IdToken, Transaction
from chargepoints.services.stations.registry import register
from core_link.client import CoreUnreachable
from core_link.reconciliation import Reconciler, reconcile
from tests.core_link.delivery.delivering import until
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def point(core: FakeCore) -> ChargePoint:
    return register("CP-1", protocol="ocpp1.6", external_id="bus-7")


def started(point: ChargePoint, number: int = 17, **fields: object) -> Transaction:
    decided = {"authorization_status": "accepted", "decided_by": "policy", **fields}
    return Transaction.objects.create(
        charge_point=point,
        transaction_id=str(number),
        id_token="04A1B2",
        started_at=timezone.now(),
        **decided,
    )


def test_what_core_would_have_accepted_is_confirmed(core: FakeCore, point: ChargePoint) -> None:
    row = started(point)
    reconcile()
    row.refresh_from_db()
    assert (row.decided_by, row.authorization_status) == ("core", "accepted")
    assert not Event.objects.exists()
    assert not Command.objects.exists()
    assert IdToken.objects.get().source == IdToken.Source.CORE
    (asked,) = core.journal.decisions
    assert asked.request["transaction_id"] == "17"
    assert asked.request["policy_decided"] == "accepted"
    reconcile()
    assert len(core.journal.decisions) == 1


def test_what_core_would_have_refused_is_corrected_and_stopped(
    core: FakeCore, point: ChargePoint
) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "blocked"}
    started(point)
    reconcile()
    corrected = Event.objects.get(type="transaction.corrected")
    assert corrected.data["transaction_id"] == "17"
    assert corrected.data["authorization_status"] == "blocked"
    assert corrected.data["decided_by"] == "core"
    command = Command.objects.get()
    assert (command.type, command.args) == ("stop", {"transaction_id": "17"})


def test_a_transaction_that_is_over_is_corrected_only(core: FakeCore, point: ChargePoint) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "expired"}
    started(point, ended_at=timezone.now())
    reconcile()
    assert Event.objects.get().type == "transaction.corrected"
    assert not Command.objects.exists()


def test_what_policy_refused_and_core_accepts_is_corrected_not_stopped(
    core: FakeCore, point: ChargePoint
) -> None:
    started(point, authorization_status="invalid")
    reconcile()
    assert Event.objects.get().data["authorization_status"] == "accepted"
    assert not Command.objects.exists()


def test_what_others_decided_is_not_asked_again(core: FakeCore, point: ChargePoint) -> None:
    for number, decided_by in enumerate(["core", "cache", "local_table", ""]):
        started(point, number, decided_by=decided_by)
    reconcile()
    assert core.journal.decisions == []


def test_a_core_that_is_still_away_is_waited_for(core: FakeCore, point: ChargePoint) -> None:
    row = started(point)
    core.fail(status=503)
    with pytest.raises(CoreUnreachable):
        reconcile()
    row.refresh_from_db()
    assert row.decided_by == "policy"


def test_a_question_that_core_does_not_take_holds_up_no_other(
    core: FakeCore, point: ChargePoint
) -> None:
    started(point, 1)
    second = started(point, 2)
    core.fail(status=422, times=1)
    assert reconcile() == second.pk
    second.refresh_from_db()
    assert second.decided_by == "core"


def test_it_goes_on_by_itself_beside_the_worker(core: FakeCore, point: ChargePoint) -> None:
    row = started(point)
    reconciler = Reconciler()
    reconciler.start()
    try:
        until(lambda: Transaction.objects.get(pk=row.pk).decided_by == "core")
    finally:
        reconciler.stop()
        reconciler.join()
