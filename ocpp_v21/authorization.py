"""C, I08: Authorize with the driver's tariff and the allowed directions of energy transfer."""

from dataclasses import replace
from functools import partial

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Payload
from chargepoints.services.tokens.authorization import Decision
from ocpp_v201 import authorization
from ocpp_v201.dialect import Dialect


def authorize(dialect: Dialect, inbound: Inbound, decision: Decision) -> Payload:
    answer = authorization.authorize(dialect, inbound, decision)
    if answer["idTokenInfo"]["status"] != "Accepted":
        return answer
    if decision.tariff:
        # I08.FR.01: the station calculates the cost from it.
        answer["tariff"] = decision.tariff
    if decision.energy_transfer:
        # Q01.FR.01
        answer["allowedEnergyTransfer"] = list(decision.energy_transfer)
    return answer


def overrides(dialect: Dialect) -> Block:
    inherited = authorization.block(dialect).handlers["Authorize"]
    return Block(handlers={"Authorize": replace(inherited, handle=partial(authorize, dialect))})
