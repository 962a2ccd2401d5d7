"""Which transaction a charger means: by its id, by the EVSE, or by what the process remembers."""

from chargepoints.models import Transaction
from chargepoints.protocol.inbound import Inbound


def find(inbound: Inbound, transaction_id: str, *, to_end: bool = False) -> Transaction | None:
    """Always by (charge point, id): a foreign id is nobody else's transaction (CVE-2026-28230).

    `to_end`: nobody else may close it meanwhile.
    """
    rows = Transaction.objects.select_for_update() if to_end else Transaction.objects.all()
    return rows.filter(
        charge_point_id=inbound.station.id, transaction_id=transaction_id, superseded=False
    ).first()


def open_on(charge_point_id: int, evse_id: int | None) -> Transaction | None:
    """The newest open transaction on this EVSE."""
    still_open = Transaction.objects.filter(charge_point_id=charge_point_id, ended_at=None)
    return still_open.filter(evse_id=evse_id).order_by("-id").first()


def known_open(inbound: Inbound) -> dict[str, int]:
    """The open transactions, by the charger's ids; asked for once a connection."""
    station = inbound.station
    if station.open_transactions is not None and not inbound.unit.alone:
        return station.open_transactions
    found = Transaction.objects.filter(charge_point_id=station.id, ended_at=None)
    still_open = dict(found.values_list("transaction_id", "id"))

    def keep() -> None:
        station.open_transactions = still_open | (station.open_transactions or {})

    inbound.unit.after_commit(keep)
    return still_open


def identify(
    inbound: Inbound, transaction_id: object, *, evse_id: int | None
) -> tuple[int | None, str | None]:
    """Our row's id and the charger's id of the transaction that meter values belong to.

    Where the charger names none, or one that is unknown, the open one on that EVSE is meant.
    """
    named = str(transaction_id) if transaction_id not in (None, "", 0, -1) else ""
    if named:
        if (pk := known_open(inbound).get(named)) is not None:
            return pk, named
        if (row := find(inbound, named)) is not None:
            return row.pk, named
        inbound.deviate("unknown_transaction")
    if not known_open(inbound):
        return None, named or None
    row = open_on(inbound.station.id, evse_id)
    if row is None:
        return None, named or None
    if named:
        inbound.deviate("transaction_matched_by_connector")
    return row.pk, row.transaction_id


def remember(inbound: Inbound, row: Transaction) -> None:
    """For the meter values to come: which row the charger's transaction id means."""
    station, transaction_id, pk = inbound.station, row.transaction_id, row.pk
    ended = row.ended_at is not None

    def change() -> None:
        if station.open_transactions is None:
            return
        if ended:
            station.open_transactions.pop(transaction_id, None)
        else:
            station.open_transactions[transaction_id] = pk

    inbound.unit.after_commit(change)
