"""Security events of charge points: stored, and reported to core once."""

from chargepoints.clock import Moment
from chargepoints.database import row_changes
from chargepoints.models import SecurityEvent
from chargepoints.protocol.inbound import Inbound, clip


def record(inbound: Inbound, type: str, moment: Moment, tech_info: str) -> None:
    event = row_changes.new(
        SecurityEvent,
        charge_point_id=inbound.station.id,
        type=clip(type, 50),
        occurred_at=moment.at,
        received_at=inbound.received_at,
        tech_info=clip(tech_info, 255),
    )
    if row_changes.insert_once(event):
        inbound.emit(
            "charge_point.security_event", {"type": type, "tech_info": tech_info or None}, moment
        )
