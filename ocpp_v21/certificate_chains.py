"""M07: the state of revocation of up to four certificates at once."""

import asyncio

from chargepoints.clock import ocpp_time
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from core_link import certificates
from core_link.certificates import Revocation

_STATUS = {"accepted": "Good", "revoked": "Revoked", "chain_error": "Unknown", "": "Failed"}


async def ask(inbound: Inbound) -> list[Revocation]:
    return list(
        await asyncio.gather(
            *(_ask(inbound, each) for each in inbound.payload["certificateStatusRequests"])
        )
    )


async def _ask(inbound: Inbound, asked: Payload) -> Revocation:
    """M07.FR.01: by the first of its OCSP responders that knows. Lists of revocation are not read:
    what is asked of one is as if it could not be downloaded (FR.05).
    """
    if asked["source"] == "OCSP":
        for url in asked["urls"]:
            data = asked["certificateHashData"] | {"responderURL": url}
            if (found := await certificates.revocation(inbound.station, data)).status:
                return found
    return Revocation("")


def statuses(inbound: Inbound, found: list[Revocation]) -> Payload:
    asked = inbound.payload["certificateStatusRequests"]
    return {
        "certificateStatus": [
            {
                "certificateHashData": each["certificateHashData"],
                "source": "OCSP" if each["source"] == "OCSP" else "CRL",
                "status": _STATUS[revocation.status],
                # Of what is not known, it may be asked again at once.
                "nextUpdate": ocpp_time(revocation.next_update or inbound.received_at),
            }
            for each, revocation in zip(asked, found, strict=True)
        ]
    }


BLOCK = Block(handlers={"GetCertificateChainStatus": Handler(statuses, decide=ask)})
