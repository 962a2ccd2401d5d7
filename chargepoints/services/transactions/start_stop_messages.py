"""Transactions with a start and a stop message (OCPP 1.6): repeated, orphaned, or without an id."""

import hashlib
from datetime import timedelta

from django.db.models import Q

from chargepoints.clock import api_time
from chargepoints.database import row_changes
from chargepoints.database.case_insensitive import filter_ignoring_case
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import take_numbers
from chargepoints.models import Evse, MeterSource, TimeQuality, Transaction
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.services.metering import registers
from chargepoints.services.tokens.authorization import Decision
from chargepoints.services.transactions import closing, lifecycle, lookup, other_rows
from chargepoints.services.transactions.lifecycle import Start, Stop

# Values that chargers send in place of a transaction id.
NO_ID = ("0", "-1", "")
# Chargers repeat an unanswered start within this time.
REPEATED_WITHIN = timedelta(minutes=2)
# Almost no charge point has more connectors than this.
MOST_COMPARED = 32

_BY_START: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id, key: Transaction.objects.filter(
        charge_point_id=charge_point_id, start_key=key
    )[:1]
)
_ANSWERED = PreparedQuery(
    lambda charge_point_id, key: Transaction.objects.filter(
        charge_point_id=charge_point_id, start_key=key, start_answer__isnull=False
    ).values_list("id")[:1]
)
_ORPHANED_STOPS: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id, at, token: (
        filter_ignoring_case(Transaction.objects.all(), id_token=token)
        .filter(charge_point_id=charge_point_id, orphan=True, started_at=None, ended_at__gte=at)
        .order_by("ended_at")
    )
)


def start_key(*parts: object) -> str:
    """The key by which a repeated start is recognised; case is ignored."""
    return hashlib.sha256("|".join(map(str, parts)).lower().encode()).hexdigest()


def was_answered(charge_point_id: int, key: str) -> bool:
    """Whether this start was received and answered before."""
    return _ANSWERED.exists(charge_point_id, key)


def start(inbound: Inbound, start: Start, decision: Decision | None, key: str) -> Transaction:
    """Begin a transaction under the gateway's number; a repeated start gets the same one (P4)."""
    station_id = inbound.station.id
    # With a decision, the start was new a moment ago. If another process has stored it since then,
    # the unique column fails, and this unit of work runs again, alone.
    is_new = decision is not None and not inbound.unit.alone
    known = None if is_new else _BY_START.first(station_id, key)
    known = known or _repeated_start(inbound, start)
    if known is not None:
        inbound.deviate("repeated_start")
        return known
    closing.close_earlier(inbound, start)
    orphan = _orphaned_stop(inbound, start)
    number = take_numbers("transaction_number", {station_id: 1})[station_id]
    return lifecycle.begin(
        inbound, start, decision, row=orphan, transaction_id=str(number), start_key=key
    )


def _repeated_start(inbound: Inbound, start: Start) -> Transaction | None:
    """The open transaction that this start repeats with a new timestamp: same connector, token and
    meter value.
    """
    row = lookup.open_here(inbound, start.evse_id) if start.evse_id is not None else None
    if row is None or row.started_at is None or inbound.station.strict or start.token is None:
        return None
    same = start.meter_wh is not None and row.meter_start_wh == start.meter_wh
    same = same and row.meter_latest_wh in (None, row.meter_start_wh)
    same = same and row.id_token.lower() == start.token.value.lower()
    timed = start.moment.quality == row.time_quality == TimeQuality.CHARGER
    since = start.moment.at - row.started_at
    return row if same and timed and timedelta(0) <= since <= REPEATED_WITHIN else None


def _orphaned_stop(inbound: Inbound, start: Start) -> Transaction | None:
    """The stop that was received before this start, if it clearly belongs to it."""
    if start.token is None or not other_rows.of(inbound).orphaned_stops:
        return None
    for row in _ORPHANED_STOPS.all(inbound.station.id, start.moment.at, start.token.value):
        if start.meter_wh is None or (row.meter_stop_wh or 0) >= start.meter_wh:
            return row_changes.editable(row)
    return None


def stop(inbound: Inbound, stop: Stop) -> Transaction:
    """End a transaction. The first stop counts; a stop without a start is stored as an orphan."""
    row = (
        lookup.find(inbound, stop.transaction_id)
        or _ended_by(inbound, stop)
        or _match_stop(inbound, stop)
        or _orphan(inbound, stop)
    )
    if row.ended_at is not None and not row.closed_by:
        later = _following_transaction(inbound, row, stop)
        if later is None and not lifecycle.adds_meter_stop(row, stop):
            _compare_stops(inbound, row, stop)
            return row
        row = later or row
    return lifecycle.end(inbound, row, stop)


def _following_transaction(inbound: Inbound, row: Transaction, stop: Stop) -> Transaction | None:
    """The transaction that this stop clearly ends, although it contains the id of the last one."""
    if stop.meter_wh is None or stop.meter_wh == row.meter_stop_wh:
        return None
    later = lookup.begun_since(inbound, row, row.evse_id)
    if later is None or later.started_at is None or stop.moment.at <= later.started_at:
        return None
    its_token = stop.token is None or stop.token.value.lower() == later.id_token.lower()
    if not its_token or not registers.goes_on(later, stop.meter_wh, stop.moment):
        return None
    inbound.deviate("transaction_matched_by_connector")
    return later


def _ended_by(inbound: Inbound, stop: Stop) -> Transaction | None:
    """The transaction that the same stop has ended before, if its id differs from the stop's."""
    # The meter value of the stop may have been replaced.
    same_reading = Q(meter_stop_wh=stop.meter_wh) | ~Q(meter_stop_source=MeterSource.CHARGER)
    return Transaction.objects.filter(
        same_reading,
        charge_point_id=inbound.station.id,
        ended_at=stop.moment.at,
        stop_id_token=lifecycle.shown_token(stop.token) if stop.token else "",
        closed_by="",
        orphan=False,
    ).first()


def _match_stop(inbound: Inbound, stop: Stop) -> Transaction | None:
    """The open transaction of a stop whose id the gateway never issued, by token, else by time.

    Some chargers number their transactions themselves.
    """
    candidates = Transaction.objects.filter(
        Q(started_at=None) | Q(started_at__lte=stop.moment.at),
        charge_point_id=inbound.station.id,
        ended_at=None,
    )
    if stop.token is not None:
        same_token = list(filter_ignoring_case(candidates, id_token=stop.token.value)[:2])
        if len(same_token) == 1:
            inbound.deviate("transaction_matched_by_token")
            return row_changes.editable(same_token[0])
    found = list(candidates[:MOST_COMPARED])
    if len(found) > 1 and stop.transaction_id in NO_ID:
        return _by_register(inbound, found, stop)
    if len(found) != 1 or not (stop.transaction_id in NO_ID or _is_its_end(found[0], stop)):
        return None
    inbound.deviate("transaction_matched_by_time")
    return row_changes.editable(found[0])


def _by_register(inbound: Inbound, rows: list[Transaction], stop: Stop) -> Transaction | None:
    """The only one of several transactions whose register continues to this stop."""
    wh = stop.meter_wh
    if wh is None or stop.token is not None:
        return None
    fitting = [row for row in rows if registers.goes_on(row, wh, stop.moment, steeply=False)]
    if len(fitting) != 1:
        return None
    inbound.deviate("transaction_matched_by_register")
    return row_changes.editable(fitting[0])


def _is_its_end(row: Transaction, stop: Stop) -> bool:
    """Whether a stop with an unknown id and without a token clearly ends this transaction: the
    charge point has no other EVSE, and the register continues.
    """
    if stop.token is not None or stop.meter_wh is None or row.evse_id is None:
        return False
    others = Evse.objects.filter(charge_point_id=row.charge_point_id).exclude(evse_id=row.evse_id)
    return registers.goes_on(row, stop.meter_wh, stop.moment) and not others.exists()


def _orphan(inbound: Inbound, stop: Stop) -> Transaction:
    """A transaction of which only the stop is known; a repeated stop finds the same orphan."""
    inbound.deviate("unknown_transaction")
    text = f"{stop.transaction_id}|{api_time(stop.moment.at)}|{stop.meter_wh}"
    name = f"orphan-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    row = lookup.find(inbound, name) or row_changes.new(
        Transaction, charge_point_id=inbound.station.id, transaction_id=name, orphan=True
    )
    if stop.token is not None:
        row.id_token, row.id_token_type = clip(stop.token.value, 255), clip(stop.token.type, 20)
    return row


def _compare_stops(inbound: Inbound, row: Transaction, stop: Stop) -> None:
    inbound.deviate("repeated_stop")
    believed = row.meter_stop_source == MeterSource.CHARGER
    if row.ended_at != stop.moment.at or (believed and row.meter_stop_wh != stop.meter_wh):
        # The first stop counts; the second stays in the trace.
        inbound.deviate("conflicting_stop")
