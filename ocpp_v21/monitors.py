"""N02: monitors say how they came to be."""

from dataclasses import replace

from chargepoints.protocol.versions import Block
from ocpp_v201 import monitors

# Required since 2.1: a station that was updated from 2.0.1 may have none for older monitors.
_HANDLER = monitors.BLOCK.handlers["NotifyMonitoringReport"]
OVERRIDES = Block(
    handlers={
        "NotifyMonitoringReport": replace(
            _HANDLER, dispensable=_HANDLER.dispensable | {"eventNotificationType"}
        )
    }
)
