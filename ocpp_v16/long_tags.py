"""Tags that a charger reports longer than the gateway sent them.

An idTag has at most 20 characters. Some chargers store a tag of 20 characters without a terminator
and append bytes of their memory when they send it in Authorize, StartTransaction, StopTransaction.
"""

from chargepoints.models import Command, Transaction
from chargepoints.protocol.inbound import Inbound

# 7.29: an IdToken is a CiString20.
LONGEST_ID_TAG = 20
LONGER_THAN_SENT = "tag_longer_than_sent"


async def shorten(inbound: Inbound) -> None:
    """Shorten the tag if a start or a transaction with its first 20 characters is open."""
    tag, station = inbound.payload.get("idTag"), inbound.station
    if station.strict or not isinstance(tag, str) or len(tag) <= LONGEST_ID_TAG:
        return
    begins = tag[:LONGEST_ID_TAG]
    if await inbound.look_up(lambda unit: _is_under_way(station.id, begins)):
        inbound.payload = inbound.payload | {"idTag": begins}
        inbound.deviate(LONGER_THAN_SENT)


def _is_under_way(charge_point_id: int, tag: str) -> bool:
    starts = Command.objects.filter(
        charge_point_id=charge_point_id, type="start", finished_at=None, args__id_token__value=tag
    )
    charging = Transaction.objects.filter(
        charge_point_id=charge_point_id, ended_at=None, id_token=tag
    )
    return starts.exists() or charging.exists()
