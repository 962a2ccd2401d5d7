"""How far a charge point's clock is ahead of the gateway's, estimated from its live messages.

Queued messages have old times. So an estimate below the last one counts only if the clock seems
right, or if later messages confirm it: a clock that was set is followed, queued messages are not.
"""

from datetime import datetime, timedelta

from chargepoints.clock import Moment
from chargepoints.models import TimeQuality
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station

# Smaller differences come from the network and from whole seconds.
WORTH_NOTING_S = 5
# A queued message matches the gateway's clock only by chance.
RIGHT_WITHIN_S = 30
# A charger sends its queued messages together, within this time.
LIVE_AFTER = timedelta(seconds=10)
_STORE = "UPDATE chargepoints_chargepoint SET clock_skew_s = %s WHERE id = %s"


def observe(inbound: Inbound, moment: Moment) -> None:
    """Use a time that the charge point itself sent in a message."""
    if moment.quality != TimeQuality.CHARGER:
        return
    station = inbound.station
    skew = round((moment.at - inbound.received_at).total_seconds())
    if skew == station.clock_skew_s:
        return
    if not _is_believed(station, skew, inbound.received_at):
        _doubt(inbound, skew)
        return
    stored = station.stored_skew_s
    if stored is None or abs(skew - stored) >= WORTH_NOTING_S:
        inbound.unit.update(_STORE, (skew, station.id))
        stored = skew

    def remember() -> None:
        station.clock_skew_s, station.stored_skew_s = skew, stored
        station.doubtful_skew = None

    inbound.unit.after_commit(remember)


def _is_believed(station: Station, skew: int, received_at: datetime) -> bool:
    if station.clock_skew_s is None or skew > station.clock_skew_s or abs(skew) <= RIGHT_WITHIN_S:
        return True
    if not _agrees(station, skew):
        return False
    _, doubted_at = station.doubtful_skew or (0, received_at)
    return received_at - doubted_at >= LIVE_AFTER


def _agrees(station: Station, skew: int) -> bool:
    doubtful = station.doubtful_skew
    return doubtful is not None and abs(skew - doubtful[0]) <= WORTH_NOTING_S


def _doubt(inbound: Inbound, skew: int) -> None:
    """Remember a new skew; a later message has to confirm it."""
    station = inbound.station
    if not _agrees(station, skew):
        doubtful = (skew, inbound.received_at)
        inbound.unit.after_commit(lambda: setattr(station, "doubtful_skew", doubtful))
