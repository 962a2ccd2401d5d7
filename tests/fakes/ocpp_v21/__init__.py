"""A version of OCPP that nobody has installed: it extends the one before it, and adds to it."""

from dataclasses import replace
from typing import Any

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from ocpp_v201 import availability
from ocpp_v201.blocks import blocks
from ocpp_v201.version import DIALECT
from ocpp_v201.version import VERSION as V201

OURS = replace(
    DIALECT,
    version="2.1",
    longest_id_token=255,
    longest_personal_message=1024,
    longest_exi_response=17000,
    longest_ocsp_result=18000,
    network_profile_version="OCPP21",
    triggered=DIALECT.triggered | {"SignV2G20Certificate"},
)


def priority_charging(inbound: Inbound, decision: Any) -> Payload:
    """An action that 2.0.1 has not."""
    return {}


def set_availability(*args: Any) -> Payload:
    """A translation that goes before the inherited one: always the whole station."""
    return availability.change_availability(*args) | {"operationalStatus": "Inoperative"}


VERSION = replace(
    V201,
    name="2.1",
    subprotocol="ocpp2.1",
    aliases=("ocpp21",),
    extends=V201,
    schemas=Schemas("ocpp.v21", request_suffix="Request"),
    blocks=(
        *blocks(OURS),
        Block(handlers={"NotifyPriorityCharging": Handler(priority_charging)}),
    ),
    overrides=Block(
        commands={"set_availability": CommandTranslation("ChangeAvailability", set_availability)}
    ),
    triggered=OURS.triggered,
)
