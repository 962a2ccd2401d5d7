"""N02: monitors report how they were created (eventNotificationType)."""

from dataclasses import replace

from chargepoints.protocol.versions import Block
from ocpp_v201 import monitors

# Required since 2.1; after an update from 2.0.1, a station may lack it for older monitors.
_HANDLER = monitors.BLOCK.handlers["NotifyMonitoringReport"]
OVERRIDES = Block(
    handlers={
        "NotifyMonitoringReport": replace(
            _HANDLER, dispensable=_HANDLER.dispensable | {"eventNotificationType"}
        )
    }
)
