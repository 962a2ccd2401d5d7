"""OCPP 1.6 whose handler of DataTransfer fails, and that of Authorize before it is at work."""

from dataclasses import replace
from typing import Any

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from ocpp_v16 import authorization, data_transfer
from ocpp_v16.version import VERSION as V16


class Fault(Exception):
    """A mistake of ours that no test found."""


def fail(inbound: Inbound, decision: Any) -> Payload:
    raise Fault(inbound.action)


async def fail_to_decide(inbound: Inbound) -> Any:
    raise Fault(inbound.action)


def _faulty(block: Block) -> Block:
    if block is data_transfer.BLOCK:
        return replace(block, handlers={**block.handlers, "DataTransfer": Handler(fail)})
    if block is authorization.BLOCK:
        handler = Handler(fail, decide=fail_to_decide)
        return replace(block, handlers={**block.handlers, "Authorize": handler})
    return block


VERSION = replace(V16, blocks=tuple(map(_faulty, V16.blocks)))
