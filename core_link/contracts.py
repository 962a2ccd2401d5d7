"""What is said of a contract certificate that came with a token: by core, or by its responders."""

from dataclasses import replace

from chargepoints.models import AuthorizationStatus, DecidedBy
from chargepoints.services.authorization import Decision
from chargepoints.services.certificates import Contract
from core_link import responders

# C07.FR.13: with one of these the certificate is good, and the contract is not.
CANCELLED = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


async def checked(decision: Decision, contract: Contract | None) -> Decision:
    """The decision on the token, with the standing of its certificate where core left it open.

    What the chain itself shows goes first. Core's word on the token is its word on the
    certificate too; without core, the responders are asked (C07.FR.05).
    """
    if contract is None or decision.certificate_status:
        return decision
    by_core = decision.decided_by == DecidedBy.CORE
    standing = contract.fault
    if not standing and (by_core or contract.hashes):
        standing = "accepted" if by_core else await responders.standing(contract.hashes)
    elif not standing:
        standing = "chain_error"
    if standing == "accepted" and decision.status in CANCELLED:
        standing = "contract_cancelled"
    return replace(decision, certificate_status=standing)
