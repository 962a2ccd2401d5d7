"""Certificate requests of charge points that core answers.

Without a core, or without an answer, each function raises CoreUnreachable, and the version app
refuses the charger's request.
"""

import base64
import logging
from datetime import datetime
from typing import Any, NamedTuple

from chargepoints.protocol.station import Station
from chargepoints.services.certificates import ocsp
from chargepoints.services.certificates.ocsp import NoStatus
from core_link import answers, client, responders, revocation_lists
from core_link.client import Body, CoreUnreachable

logger = logging.getLogger(__name__)


async def sign(station: Station, csr: str, use: str) -> str | None:
    """The certificate chain (PEM) for a CSR (PEM); None if core refuses.

    `use`: charging_station, v2g or v2g20.
    """
    answer = await _ask(
        station, "/certificates/sign", {"csr": csr, "use": use}, answers.SIGN_CERTIFICATE
    )
    return _if_accepted(answer, "certificate_chain")


async def iso15118(
    station: Station, exi_request: str, action: str, schema_version: str
) -> str | None:
    """The EXI response (base64) of the contract certificate pool; None if core refuses.

    `action`: install or update.
    """
    question = {"exi_request": exi_request, "action": action, "schema_version": schema_version}
    answer = await _ask(station, "/certificates/iso15118", question, answers.ISO15118_CERTIFICATE)
    return _if_accepted(answer, "exi_response")


async def status(station: Station, ocsp_request_data: dict[str, Any]) -> str | None:
    """The OCSP response (base64 of the DER) for OCPP's OCSPRequestData, or None.

    From core; if core gives no answer, from the certificate's own responder.
    """
    question = {"ocsp_request_data": ocsp_request_data}
    try:
        answer = await _ask(station, "/certificates/status", question, answers.CERTIFICATE_STATUS)
    except CoreUnreachable:
        return await responders.response(ocsp_request_data)
    return _if_accepted(answer, "ocsp_result")


class Revocation(NamedTuple):
    """`status`: accepted, revoked, chain_error; empty if unknown."""

    status: str
    next_update: datetime | None = None


async def revocation(station: Station, ocsp_request_data: dict[str, Any]) -> Revocation:
    """The status in the OCSP response, if the certificate's issuer signed it."""
    result = await status(station, ocsp_request_data)
    if not result:
        return Revocation("")
    try:
        return Revocation(*responders.read(ocsp_request_data, base64.b64decode(result)))
    except (NoStatus, ValueError):
        return Revocation("")


async def revocation_in_list(ocsp_request_data: dict[str, Any]) -> Revocation:
    """The status in the revocation list at `responderURL`, if the issuer signed it."""
    try:
        return Revocation(*await revocation_lists.status(ocsp.compose(ocsp_request_data)))
    except NoStatus as error:
        logger.info("no status of a certificate: %s", error)
        return Revocation("")


async def _ask(station: Station, path: str, question: Body, schema: Any) -> Body:
    core = client.shared()
    if core is None:
        raise CoreUnreachable("no core is configured")
    about = {"charge_point": station.identity, "external_id": station.external_id}
    return await core.ask(path, {**about, **question}, schema)


def _if_accepted(answer: Body, name: str) -> str | None:
    return answer.get(name) if answer["status"] == "accepted" else None
