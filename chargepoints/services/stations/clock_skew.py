"""By how much a charge point's clock is ahead of ours, estimated from what it says live.

What was queued bears an old time, so the latest of all times told on a connection, seen from their
receipt, is the best estimate.
"""

from chargepoints.clock import Moment
from chargepoints.models import TimeQuality
from chargepoints.protocol.inbound import Inbound

# Below that it is the network's and the whole seconds' doing.
WORTH_NOTING_S = 5
_STORE = "UPDATE chargepoints_chargepoint SET clock_skew_s = %s WHERE id = %s"


def observe(inbound: Inbound, moment: Moment) -> None:
    """Take account of a time that the charge point itself has told with a message."""
    if moment.quality != TimeQuality.CHARGER:
        return
    station = inbound.station
    skew = round((moment.at - inbound.received_at).total_seconds())
    if station.clock_skew_s is not None and skew <= station.clock_skew_s:
        return
    stored = station.stored_skew_s
    if stored is None or abs(skew - stored) >= WORTH_NOTING_S:
        inbound.unit.update(_STORE, (skew, station.id))
        stored = skew

    def remember() -> None:
        station.clock_skew_s, station.stored_skew_s = skew, stored

    inbound.unit.after_commit(remember)
