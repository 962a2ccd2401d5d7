"""Checks the contract certificate that came with a token: by core, and by OCSP responders."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from chargepoints.models import AuthorizationStatus, DecidedBy
from chargepoints.services.certificates.installed_certificates import Contract
from chargepoints.services.tokens.authorization import Decision
from core_link import responders
from core_link.responders import UNVERIFIED

# C07.FR.15 to FR.17: these certificate statuses override the token's status.
_OF_THE_TOKEN = {
    "chain_error": AuthorizationStatus.INVALID,
    "expired": AuthorizationStatus.EXPIRED,
    "revoked": AuthorizationStatus.INVALID,
    "signature_error": AuthorizationStatus.INVALID,
}
# C07.FR.13: with these token statuses the certificate is valid, but the contract is not.
CANCELLED = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


async def checked(deciding: Awaitable[Decision], contract: Contract | None) -> Decision:
    """The decision on the token, with its certificate's status if core did not give one.

    The responders are asked while core decides (C07.FR.05). A fault of the chain itself takes
    precedence. If no responder knows the certificate, core's decision on the token counts for it.
    """
    if contract is None:
        return await deciding
    status, decision = await asyncio.gather(_ask(contract), deciding)
    if decision.certificate_status:
        return decision
    certificate_status = contract.fault or status
    if certificate_status == UNVERIFIED:
        certificate_status = "accepted" if decision.decided_by == DecidedBy.CORE else "chain_error"
    if certificate_status == "accepted" and decision.status in CANCELLED:
        certificate_status = "contract_cancelled"
    return replace(decision, certificate_status=certificate_status)


def token_status(decision: Decision) -> AuthorizationStatus:
    """The status of the token that came with the certificate."""
    own = AuthorizationStatus(decision.status)
    return _OF_THE_TOKEN.get(decision.certificate_status, own)


async def _ask(contract: Contract) -> str:
    if contract.fault or not contract.hashes:
        return UNVERIFIED
    return await responders.chain_status(contract)
