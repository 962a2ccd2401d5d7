"""One transaction id for open transactions on several EVSEs.

A station must never use a transactionId twice (2.0.1, E01.FR.08). Some count transactions for each
EVSE by itself. The gateway stores the second transaction with its EVSE appended to the id.
"""

import re
from collections.abc import Iterable

from chargepoints.clock import Moment
from chargepoints.models import Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.metering import registers
from chargepoints.services.transactions import lookup

USED_TWICE = "transaction_id_on_two_evses"
# No station can send this: an identifierString contains no blanks and no parentheses.
_APPENDED = re.compile(r" \(EVSE \d+\)$")


def sent(transaction_id: str) -> str:
    """The id as the station sent it."""
    return _APPENDED.sub("", transaction_id)


def stored(
    inbound: Inbound,
    transaction_id: str,
    evse_id: int | None,
    *,
    starts: bool,
    register: tuple[float, Moment] | None,
) -> str:
    """The id under which the transaction of this event is stored.

    `register` is the energy register of the event, and its time: it distinguishes the transactions
    if the event contains no EVSE.
    """
    known = lookup.known_open(inbound)
    row = known.get(transaction_id)
    on_evse = f"{transaction_id} (EVSE {evse_id})"
    if on_evse in known:
        inbound.deviate(USED_TWICE)
        return on_evse
    if evse_id is None:
        beside = [other for name, other in known.items() if _is_beside(name, transaction_id)]
        return _only(inbound, [row, *beside] if row else beside, register) or transaction_id
    if row is not None and row.evse_id in (None, evse_id):
        return transaction_id
    # A repeated Ended must not end the transaction that is open on another EVSE.
    other = row if starts else lookup.by_id(inbound.station.id, on_evse)
    if other is None:
        return transaction_id
    inbound.deviate(USED_TWICE)
    return on_evse


def _is_beside(stored_id: str, transaction_id: str) -> bool:
    return stored_id != transaction_id and sent(stored_id) == transaction_id


def _only(
    inbound: Inbound, rows: Iterable[Transaction], register: tuple[float, Moment] | None
) -> str:
    """The id of the only transaction, or of the only one whose register continues to `register`."""
    found = list(rows)
    if len(found) > 1 and register is not None:
        wh, moment = register
        found = [row for row in found if registers.goes_on(row, wh, moment, steeply=False)]
    if len(found) != 1:
        return ""
    if _APPENDED.search(found[0].transaction_id):
        inbound.deviate(USED_TWICE)
    return found[0].transaction_id
