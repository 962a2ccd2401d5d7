"""The maximum power of each EVSE, as the charge point reported it.

It is kept in memory while the charge point is connected, until it reports again.
"""

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station


def of_evse(station: Station, evse_id: int | None) -> float | None:
    """In W; None if unknown."""
    if evse_id is None:
        return None
    if station.most_power is None:
        find = station.find_most_power
        station.most_power = find(station.id) if find is not None else {}
    return station.most_power.get(evse_id)


def forget(inbound: Inbound) -> None:
    station = inbound.station

    def forget() -> None:
        station.most_power = None

    inbound.unit.after_commit(forget)
