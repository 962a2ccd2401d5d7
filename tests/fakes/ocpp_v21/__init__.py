"""A small version of OCPP that nobody has installed yet: one app, and one line of settings."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.versions import CommandTranslation, Handler, OcppVersion, Payload
from chargepoints.services.stations import booting
from chargepoints.services.stations.booting import Facts


def boot_notification(inbound: Inbound, decision: Any) -> Payload:
    station = inbound.payload["chargingStation"]
    facts = Facts(vendor=station["vendorName"], model=station["model"])
    registration, interval = booting.boot(inbound, facts, None)
    return {
        "status": registration.capitalize(),
        "currentTime": ocpp_time(inbound.received_at),
        "interval": interval,
    }


def heartbeat(inbound: Inbound, decision: Any) -> Payload:
    return {"currentTime": ocpp_time(inbound.received_at)}


def clear_cache(unit: UnitOfWork, command: Command) -> Payload:
    return {}


VERSION = OcppVersion(
    name="2.1",
    subprotocol="ocpp2.1",
    aliases=(),
    # Its own schemas will come with its own package; these two messages are as in 2.0.1.
    schemas=Schemas("ocpp.v201", request_suffix="Request"),
    handlers={
        "BootNotification": Handler(boot_notification),
        "Heartbeat": Handler(heartbeat),
    },
    commands={"clear_cache": CommandTranslation("ClearCache", clear_cache)},
    responses={},
    csms_actions=frozenset({"ClearCache"}),
    error_codes={},
    served_before_boot=frozenset({"BootNotification"}),
)
