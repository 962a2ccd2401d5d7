"""Asks core afterwards about starts that the policy decided while core was unreachable.

Core's decision then counts. If it differs, the transaction is corrected; if core refuses and
the transaction still runs, the charge point is asked to stop it.
"""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import connection

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.database.unit_of_work import UnitOfWork, unit_of_work
from chargepoints.models import AuthorizationStatus, DecidedBy, Transaction
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from chargepoints.services.transactions import lifecycle
from core_link import answers, client, decisions, tokens
from core_link.client import CoreUnreachable

logger = logging.getLogger(__name__)

EVERY_S = 10.0
WHILE_UNREACHABLE_S = 30.0
PAGE = 50
STOP_EXPIRES_AFTER = timedelta(hours=1)


class Reconciler(threading.Thread):
    """Asks core about these transactions, one after the other, until `stop`."""

    def __init__(self) -> None:
        super().__init__(name="reconciler", daemon=True)
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        if not settings.CORE_URL:
            return
        after, pause = 0, 0.0
        while not self._stopping.wait(pause):
            pause = WHILE_UNREACHABLE_S
            try:
                after = reconcile(after)
                pause = 0.0 if after else EVERY_S
            except CoreUnreachable as error:
                logger.info("reconciliation waits for core: %s", error)
            except STORE_UNAVAILABLE as error:
                logger.warning("reconciliation waits for the database: %s", error)
                connection.close()
            except Exception:
                logger.exception("reconciliation failed")
        connection.close()


def reconcile(after: int = 0) -> int:
    """Ask core about a page of these starts; return the id after which the next begins, or 0.

    Raises CoreUnreachable if core is still unreachable.
    """
    undecided = Transaction.objects.filter(decided_by=DecidedBy.POLICY, pk__gt=after)
    page = undecided.exclude(id_token="").select_related("charge_point").order_by("pk")[:PAGE]
    last = 0
    for row in page:
        try:
            answer = client.ask_now("/authorize", _question(row), answers.AUTHORIZE)
            _settle(row, decisions.read_decision(answer))
        except CoreUnreachable as error:
            if not error.refused:
                raise
            logger.warning("core rejects the question about %s: %s", row, error)
        last = row.pk
    return last


def _question(row: Transaction) -> dict[str, object]:
    return {
        "charge_point": row.charge_point.identity,
        "external_id": row.charge_point.external_id,
        "evse_id": row.evse_id,
        "connector_id": row.connector_id,
        "id_token": {"value": row.id_token, "type": row.id_token_type},
        "vehicle": row.vehicle,
        "context": "start",
        "transaction_id": row.transaction_id,
        "occurred_at": api_time(row.started_at or clock.now()),
        "offline": row.offline,
        "certificate_hashes": None,
        "policy_decided": row.authorization_status,
    }


def _settle(row: Transaction, decision: Decision) -> None:
    policys = row.authorization_status
    with unit_of_work() as unit:
        row.authorization_status = decision.status
        row.group_id_token = decision.group_id_token or ""
        row.decided_by = decision.decided_by
        # Only the first one counts: another process may have asked as well.
        mine = Transaction.objects.filter(pk=row.pk, decided_by=DecidedBy.POLICY).update(
            authorization_status=row.authorization_status,
            group_id_token=row.group_id_token,
            decided_by=row.decided_by,
        )
        if not mine:
            return
        tokens.remember(unit, TokenAsked(row.id_token, row.id_token_type), decision)
        if decision.status == policys:
            return
        row.refresh_from_db()
        _correct(unit, row)


def _correct(unit: UnitOfWork, row: Transaction) -> None:
    unit.emit(row.charge_point_id, "transaction.corrected", lifecycle.describe(row))
    refused = row.authorization_status != AuthorizationStatus.ACCEPTED
    if not refused or row.ended_at is not None:
        return
    try:
        submission.submit(
            row.charge_point,
            "stop",
            {"transaction_id": row.transaction_id},
            requested_by="gateway",
            idempotency_key=f"reconciled-{row.pk}",
            expires_at=clock.now() + STOP_EXPIRES_AFTER,
        )
    except CommandRefused as why:
        logger.warning("transaction %s cannot be stopped: %s", row, why)
