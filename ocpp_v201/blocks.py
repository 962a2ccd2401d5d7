"""The blocks of this app, for OCPP 2.0.1 and for versions that extend it."""

from chargepoints.protocol.versions import Block
from ocpp_v201 import (
    authorization,
    availability,
    certificates,
    charging_limits,
    cost,
    customer_information,
    data_transfer,
    diagnostics,
    display_messages,
    firmware,
    local_list,
    meter_values,
    monitors,
    profile_reports,
    provisioning,
    remote_control,
    reports,
    reservation,
    security,
    sent_requests,
    smart_charging,
    status,
    transactions,
    variables,
)
from ocpp_v201.dialect import Dialect


def blocks(dialect: Dialect) -> tuple[Block, ...]:
    return (
        authorization.block(dialect),
        availability.BLOCK,
        certificates.block(dialect),
        charging_limits.BLOCK,
        cost.BLOCK,
        customer_information.BLOCK,
        data_transfer.BLOCK,
        diagnostics.BLOCK,
        display_messages.BLOCK,
        firmware.BLOCK,
        local_list.BLOCK,
        meter_values.BLOCK,
        monitors.BLOCK,
        profile_reports.BLOCK,
        provisioning.block(dialect),
        remote_control.block(dialect),
        reports.BLOCK,
        reservation.BLOCK,
        security.BLOCK,
        sent_requests.BLOCK,
        smart_charging.block(dialect),
        status.BLOCK,
        transactions.block(dialect),
        variables.BLOCK,
    )
