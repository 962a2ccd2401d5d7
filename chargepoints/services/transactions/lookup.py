"""Find the transaction that a message is about: by its id, or by the EVSE.

A station remembers its open transactions, as committed, while it is connected. Code that changes
one takes a copy (`find`, `open_on`) and writes the changes with `save`. If the row was changed
elsewhere since it was read, the message is handled again from the database alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from chargepoints.clock import is_backfill
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import TimeQuality, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.services.metering.recording import Element

# P14: the newest open ones are remembered; for the others, query the database.
MOST_REMEMBERED = 32
# A meter may be read when the car is plugged in, some minutes before the reported start.
SAMPLED_BEFORE_START = timedelta(minutes=10)

# Fields that change with every message with samples.
FIGURES = row_changes.FrequentColumns(
    Transaction,
    "meter_latest_wh",
    "power_w",
    "current_a",
    "voltage_v",
    "soc_percent",
    "metered_at",
    "sampled_at",
    "last_seq_no",
    unless_changed=("ended_at", "superseded", "last_seq_no", "sampled_at"),
)
# Fields that another process, staff or core may have changed since the row was read.
CHANGED_BY_OTHERS = (
    "ended_at",
    "superseded",
    "authorization_status",
    "decided_by",
    "total_cost",
    "last_seq_no",
    "sampled_at",
)

_NEWEST_OPEN: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id: Transaction.objects.filter(
        charge_point_id=charge_point_id, ended_at=None
    ).order_by("-id")[:MOST_REMEMBERED]
)
_ALL_OPEN: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id: Transaction.objects.filter(
        charge_point_id=charge_point_id, ended_at=None
    )
)
_BY_ID: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id, transaction_id: Transaction.objects.filter(
        charge_point_id=charge_point_id, transaction_id=transaction_id, superseded=False
    )[:1]
)
_OPEN_ON: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id, evse_id: Transaction.objects.filter(
        charge_point_id=charge_point_id, ended_at=None, evse_id=evse_id
    ).order_by("-id")[:1]
)
_OPEN_ON_NO_EVSE: PreparedQuery[Transaction] = PreparedQuery(
    lambda charge_point_id: Transaction.objects.filter(
        charge_point_id=charge_point_id, ended_at=None, evse_id=None
    ).order_by("-id")[:1]
)


def find(inbound: Inbound, transaction_id: str) -> Transaction | None:
    """By charge point and id: never another charge point's transaction (CVE-2026-28230)."""
    row = known_open(inbound).get(transaction_id)
    if row is None:
        row = by_id(inbound.station.id, transaction_id)
    return row and row_changes.editable(row)


def remembered(station: Station, transaction_id: str) -> Transaction | None:
    """An open transaction after the last message; read-only."""
    return (station.open_transactions or {}).get(transaction_id)


def by_id(charge_point_id: int, transaction_id: str) -> Transaction | None:
    """Query the database, not the `Station`'s memory."""
    return _BY_ID.first(charge_point_id, transaction_id)


def open_on(charge_point_id: int, evse_id: int | None) -> Transaction | None:
    """The newest open transaction on this EVSE, from the database."""
    if evse_id is None:
        return _OPEN_ON_NO_EVSE.first(charge_point_id)
    return _OPEN_ON.first(charge_point_id, evse_id)


def open_here(inbound: Inbound, evse_id: int | None) -> Transaction | None:
    """The newest open transaction on this EVSE, from the `Station`'s memory."""
    known = known_open(inbound)
    here = [row for row in known.values() if row.evse_id == evse_id]
    row = max(here, key=lambda row: row.pk, default=None)
    if row is None and len(known) >= MOST_REMEMBERED:
        row = open_on(inbound.station.id, evse_id)
    return row and row_changes.editable(row)


def all_open_here(inbound: Inbound, evse_id: int) -> list[Transaction]:
    """All open transactions on this EVSE."""
    known: Iterable[Transaction] = known_open(inbound).values()
    if len(known_open(inbound)) >= MOST_REMEMBERED:
        known = _ALL_OPEN.all(inbound.station.id)
    return [row_changes.editable(row) for row in known if row.evse_id == evse_id]


def known_open(inbound: Inbound) -> Mapping[str, Transaction]:
    """The open transactions by the charger's ids; queried once in a connection.

    A unit of work that runs alone, or on a socket that was replaced, queries again.
    """
    known = inbound.station.open_transactions
    if inbound.open_transactions is not None or known is None or _is_doubtful(inbound):
        return _left_open(inbound)
    return known


def identify(
    inbound: Inbound, transaction_id: object, elements: Sequence[Element], *, evse_id: int | None
) -> tuple[Transaction | None, str | None]:
    """The transaction of meter values, and the charger's id of it.

    Without an id, or with an unknown one, it is the open transaction on that EVSE, unless all
    values are older: chargers also send stored values of earlier transactions.
    """
    named = str(transaction_id) if transaction_id not in (None, "", 0, -1) else ""
    if named:
        if (row := find(inbound, named)) is not None:
            later = begun_since(inbound, row, evse_id)
            if later is None or not _all_since(later, elements):
                return row, named
            inbound.deviate("transaction_matched_by_connector")
            return later, later.transaction_id
        inbound.deviate("unknown_transaction")
    row = open_here(inbound, evse_id)
    if row is None or _is_older(inbound, row, elements):
        return None, named or None
    if named:
        inbound.deviate("transaction_matched_by_connector")
    return row, row.transaction_id


def begun_since(inbound: Inbound, row: Transaction, evse_id: int | None) -> Transaction | None:
    """The open transaction on this EVSE that started after the charger ended `row`: some chargers
    go on with the earlier id.
    """
    if row.ended_at is None or row.closed_by or evse_id is None:
        return None
    later = open_here(inbound, evse_id)
    if later is None or later.started_at is None or later.started_at < row.ended_at:
        return None
    return later


def _all_since(row: Transaction, elements: Sequence[Element]) -> bool:
    """Whether all values were measured after the start of this transaction."""
    began = row.started_at
    return began is not None and all(
        moment.quality == TimeQuality.CHARGER and moment.at > began for moment, *_ in elements
    )


def _is_older(inbound: Inbound, row: Transaction, elements: Sequence[Element]) -> bool:
    """Whether all values were measured before the transaction."""
    if row.started_at is None or row.time_quality != TimeQuality.CHARGER or not elements:
        return False
    before = row.started_at - SAMPLED_BEFORE_START
    return all(
        moment.quality == TimeQuality.CHARGER
        and moment.at < before
        # A charger whose clock was set back still sends live samples.
        and is_backfill(moment.at, inbound.received_at)
        for moment, *_ in elements
    )


def save(inbound: Inbound, row: Transaction) -> None:
    """Write the changes of a transaction, and remember it after the commit."""
    if row._state.adding:
        inbound.unit.insert(row)
    elif changed := row_changes.change(row, unless_changed=CHANGED_BY_OTHERS, frequent=FIGURES):
        inbound.unit.update_if_unchanged((Transaction, row.id), *changed)
    seen = _left_open(inbound)
    if row.ended_at is None and not row.superseded:
        seen[row.transaction_id] = row
        if len(seen) > MOST_REMEMBERED:
            del seen[min(seen, key=lambda name: seen[name].pk)]
    elif (known := seen.get(row.transaction_id)) is not None and known.pk == row.pk:
        del seen[row.transaction_id]


def _is_doubtful(inbound: Inbound) -> bool:
    return inbound.unit.alone or inbound.station.superseded


def _left_open(inbound: Inbound) -> dict[str, Transaction]:
    """The open transactions after this unit of work; the station remembers them after commit."""
    if inbound.open_transactions is not None:
        return inbound.open_transactions
    station = inbound.station
    known = station.open_transactions
    if known is None or _is_doubtful(inbound):
        newest_first = _NEWEST_OPEN.all(station.id)
        known = {row.transaction_id: row for row in reversed(newest_first) if not row.superseded}
    inbound.open_transactions = seen = dict(known)

    def keep() -> None:
        for row in seen.values():
            row_changes.forget_original(row)
        station.open_transactions = seen

    inbound.unit.after_commit(keep)
    return seen
