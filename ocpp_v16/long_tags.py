"""Tags that come back longer than they were sent.

An idTag has at most 20 characters. Some chargers keep one that fills them without its end, and say
what follows in their memory with it, when they ask about it, start and stop with it.
"""

from chargepoints.models import Command, Transaction
from chargepoints.protocol.inbound import Inbound

# 7.29: an IdToken is a CiString20.
LONGEST_ID_TAG = 20
LONGER_THAN_SENT = "tag_longer_than_sent"


async def shorten(inbound: Inbound) -> None:
    """Say the tag as it was sent, where a start is under way with what this one begins with."""
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
