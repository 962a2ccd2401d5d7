"""The most power that an EVSE can give, as the charge point has told it.

It is remembered for as long as the socket lasts, or until it is told anew.
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


def told_anew(inbound: Inbound) -> None:
    station = inbound.station

    def forget() -> None:
        station.most_power = None

    inbound.unit.after_commit(forget)
