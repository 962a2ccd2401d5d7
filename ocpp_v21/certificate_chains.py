"""M07: the revocation status of up to four certificates."""

import asyncio

from chargepoints.clock import ocpp_time
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.certificates import installed_certificates
from core_link import certificates
from core_link.certificates import Revocation

_STATUS = {"accepted": "Good", "revoked": "Revoked", "chain_error": "Unknown", "": "Failed"}


# Limits of the answer, which repeats fields of the station's request.
MOST = 4
LONGEST = {"issuerNameHash": 128, "issuerKeyHash": 128, "serialNumber": 40}


def _asked(inbound: Inbound) -> list[Payload]:
    """The certificates that the answer can contain. Raises OcppError if there are none."""
    requested = inbound.payload["certificateStatusRequests"]
    asked = [each for each in requested if _fits_the_answer(each["certificateHashData"])][:MOST]
    if not asked:
        raise OcppError("PropertyConstraintViolation", "no usable certificateHashData")
    if len(asked) < len(requested):
        inbound.deviate("certificates_left_out")
    return asked


def _fits_the_answer(hashes: Payload) -> bool:
    fits = all(len(hashes[name]) <= longest for name, longest in LONGEST.items())
    return fits and hashes["hashAlgorithm"] in installed_certificates.ALGORITHMS


async def ask(inbound: Inbound) -> list[Revocation]:
    return list(await asyncio.gather(*(_ask(inbound, each) for each in _asked(inbound))))


async def _ask(inbound: Inbound, asked: Payload) -> Revocation:
    """M07.FR.01, FR.04: ask the responders or lists in turn until one knows the status."""
    for url in asked["urls"]:
        data = asked["certificateHashData"] | {"responderURL": url}
        if asked["source"] == "OCSP":
            found = await certificates.revocation(inbound.station, data)
        else:
            found = await certificates.revocation_in_list(data)
        if found.status:
            return found
    return Revocation("")


def statuses(inbound: Inbound, found: list[Revocation]) -> Payload:
    return {
        "certificateStatus": [
            {
                "certificateHashData": {
                    name: each["certificateHashData"][name]
                    for name in installed_certificates.HASHES
                },
                "source": "OCSP" if each["source"] == "OCSP" else "CRL",
                "status": _STATUS[revocation.status],
                # If the status is unknown, the station may ask again at once.
                "nextUpdate": ocpp_time(revocation.next_update or inbound.received_at),
            }
            for each, revocation in zip(_asked(inbound), found, strict=True)
        ]
    }


BLOCK = Block(handlers={"GetCertificateChainStatus": Handler(statuses, decide=ask)})
