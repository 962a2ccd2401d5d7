"""Which transaction a charger means: by its id, or by the EVSE.

The open ones are remembered for as long as the socket lasts, as they were committed. Whoever
changes one takes a copy (`find`, `open_on`) and writes what has changed with `save`: if somebody
else has changed the row meanwhile, the message is worked on again, from the database alone.
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

# P14: of a charger that ends nothing, the newest. What is not among them, the database is asked.
MOST_REMEMBERED = 32
# A meter may be read while the car is plugged in, and the start be told a little later.
SAMPLED_BEFORE_START = timedelta(minutes=10)

# What samples bring, with every message.
FIGURES = row_changes.Usual(
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
# What another process, staff or core may have changed since it was read.
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
    """An open transaction as the last message has left it; for who changes nothing."""
    return (station.open_transactions or {}).get(transaction_id)


def by_id(charge_point_id: int, transaction_id: str) -> Transaction | None:
    """From the database, not from the `Station`'s memory."""
    return _BY_ID.first(charge_point_id, transaction_id)


def open_on(charge_point_id: int, evse_id: int | None) -> Transaction | None:
    """The newest open transaction on this EVSE, from the database."""
    if evse_id is None:
        return _OPEN_ON_NO_EVSE.first(charge_point_id)
    return _OPEN_ON.first(charge_point_id, evse_id)


def open_here(inbound: Inbound, evse_id: int | None) -> Transaction | None:
    """The newest open transaction on this EVSE, as it is remembered."""
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
    """The open transactions by the charger's ids; asked for once a connection.

    A unit of work that runs alone, or whose socket is not the charger's any more, asks again.
    """
    known = inbound.station.open_transactions
    if inbound.open_transactions is not None or known is None or _is_doubtful(inbound):
        return _left_open(inbound)
    return known


def identify(
    inbound: Inbound, transaction_id: object, elements: Sequence[Element], *, evse_id: int | None
) -> tuple[Transaction | None, str | None]:
    """The transaction that meter values belong to, and the charger's id of it.

    Where the charger names none, or one that is unknown, the open one on that EVSE is meant, unless
    it began after all of them: chargers send what they had kept of others.
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
    """The open transaction on this EVSE that began after the charger had ended `row`: some go on
    with an earlier id.
    """
    if row.ended_at is None or row.closed_by or evse_id is None:
        return None
    later = open_here(inbound, evse_id)
    if later is None or later.started_at is None or later.started_at < row.ended_at:
        return None
    return later


def _all_since(row: Transaction, elements: Sequence[Element]) -> bool:
    """Whether all of it was metered after the start of this transaction."""
    began = row.started_at
    return began is not None and all(
        moment.quality == TimeQuality.CHARGER and moment.at > began for moment, *_ in elements
    )


def _is_older(inbound: Inbound, row: Transaction, elements: Sequence[Element]) -> bool:
    """Whether all of it is old news, of a time before the transaction."""
    if row.started_at is None or row.time_quality != TimeQuality.CHARGER or not elements:
        return False
    before = row.started_at - SAMPLED_BEFORE_START
    return all(
        moment.quality == TimeQuality.CHARGER
        and moment.at < before
        # Whose clock was set back meanwhile samples live all the same.
        and is_backfill(moment.at, inbound.received_at)
        for moment, *_ in elements
    )


def save(inbound: Inbound, row: Transaction) -> None:
    """Write what has changed of a transaction, and remember it once that is committed."""
    if row._state.adding:
        inbound.unit.insert(row)
    elif changed := row_changes.change(row, unless_changed=CHANGED_BY_OTHERS, usual=FIGURES):
        inbound.unit.expect((Transaction, row.id), *changed)
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
            row_changes.settled(row)
        station.open_transactions = seen

    inbound.unit.after_commit(keep)
    return seen
