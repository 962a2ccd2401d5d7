"""What is said of a contract certificate that came with a token: by core, and by its responders."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from chargepoints.models import AuthorizationStatus, DecidedBy
from chargepoints.services.certificates.installed_certificates import Contract
from chargepoints.services.tokens.authorization import Decision
from core_link import responders
from core_link.responders import UNVERIFIED

# C07.FR.15 to FR.17: with such a certificate, whatever may be said of the token itself.
_OF_THE_TOKEN = {
    "chain_error": AuthorizationStatus.INVALID,
    "expired": AuthorizationStatus.EXPIRED,
    "revoked": AuthorizationStatus.INVALID,
    "signature_error": AuthorizationStatus.INVALID,
}
# C07.FR.13: with one of these the certificate is good, and the contract is not.
CANCELLED = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


async def checked(deciding: Awaitable[Decision], contract: Contract | None) -> Decision:
    """The decision on the token, with the standing of its certificate where core left it open.

    The responders are asked while core decides (C07.FR.05). What the chain itself shows goes first.
    Core's word on the token is its word on a certificate that no responder knows anything of.
    """
    if contract is None:
        return await deciding
    said, decision = await asyncio.gather(_ask(contract), deciding)
    if decision.certificate_status:
        return decision
    standing = contract.fault or said
    if standing == UNVERIFIED:
        standing = "accepted" if decision.decided_by == DecidedBy.CORE else "chain_error"
    if standing == "accepted" and decision.status in CANCELLED:
        standing = "contract_cancelled"
    return replace(decision, certificate_status=standing)


def token_status(decision: Decision) -> AuthorizationStatus:
    """What is said of the token that came with the certificate."""
    own = AuthorizationStatus(decision.status)
    return _OF_THE_TOKEN.get(decision.certificate_status, own)


async def _ask(contract: Contract) -> str:
    if contract.fault or not contract.hashes:
        return UNVERIFIED
    return await responders.standing(contract)
