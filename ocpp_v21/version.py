"""OCPP 2.1 as one of the installed versions: 2.0.1 with the additions of 2.1."""

from dataclasses import replace

from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.versions import Block
from ocpp_v21 import (
    authorization,
    battery_swap,
    bidirectional,
    certificate_chains,
    charging_needs,
    der_control,
    dynamic_schedules,
    event_streams,
    monitors,
    payments,
    tariffs,
    transactions,
)
from ocpp_v21.simulated_messages import SimulatedMessages
from ocpp_v201 import version as v201
from ocpp_v201.blocks import blocks

DIALECT = replace(
    v201.DIALECT,
    version="2.1",
    longest_id_token=255,
    longest_personal_message=1024,
    longest_exi_response=17000,
    longest_ocsp_result=18000,
    network_profile_version="OCPP21",
    resets=v201.DIALECT.resets | {"immediate_and_resume"},
    triggered=v201.DIALECT.triggered | {"CustomTrigger", "SignV2G20Certificate"},
    purposes_of_operator=(*v201.DIALECT.purposes_of_operator, "priority", "local_generation"),
)

_OVERRIDES = (
    authorization.overrides(DIALECT),
    charging_needs.OVERRIDES,
    dynamic_schedules.OVERRIDES,
    monitors.OVERRIDES,
    transactions.overrides(DIALECT),
)

VERSION = replace(
    v201.VERSION,
    name=DIALECT.version,
    subprotocol="ocpp2.1",
    aliases=("2.1",),
    extends=v201.VERSION,
    schemas=Schemas("ocpp.v21", request_suffix="Request"),
    simulated_messages=SimulatedMessages,
    profile_purposes=DIALECT.purposes_of_operator,
    blocks=(
        *blocks(DIALECT),
        battery_swap.BLOCK,
        bidirectional.BLOCK,
        certificate_chains.BLOCK,
        der_control.BLOCK,
        dynamic_schedules.BLOCK,
        event_streams.BLOCK,
        payments.BLOCK,
        tariffs.BLOCK,
    ),
    csms_actions=v201.VERSION.csms_actions
    | {
        "AFRRSignal",
        "AdjustPeriodicEventStream",
        "ChangeTransactionTariff",
        "ClearDERControl",
        "ClearTariffs",
        "GetDERControl",
        "GetPeriodicEventStream",
        "GetTariffs",
        "NotifyAllowedEnergyTransfer",
        "NotifyWebPaymentStarted",
        "RequestBatterySwap",
        "SetDERControl",
        "SetDefaultTariff",
        "UpdateDynamicSchedule",
        "UsePriorityCharging",
    },
    # Part 4, 4.1.3: also CALLRESULTERROR and SEND; a station ignores frames of other types.
    message_types=v201.VERSION.message_types | {5, 6},
    answers_unknown_types=False,
    overrides=Block.of(*_OVERRIDES),
    enforced_limits=transactions.enforced_limits,
    triggered=DIALECT.triggered,
)
