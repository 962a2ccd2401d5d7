"""What core does with certificates on behalf of a charge point.

Without a core, or without an answer, each call ends in CoreUnreachable, and the caller refuses
the charger in the words of its version.
"""

from typing import Any

from chargepoints.protocol.station import Station
from core_link import answers, client, responders
from core_link.client import Body, CoreUnreachable


async def sign(station: Station, csr: str, use: str) -> str | None:
    """The chain (PEM) for a request (PEM) to sign; None if core refuses to.

    `use`: charging_station or v2g.
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
    """The OCSP response (base64 of the DER) for OCPP's OCSPRequestData; None if there is none.

    Core's, or where it has none to give, that of the certificate's own responder.
    """
    question = {"ocsp_request_data": ocsp_request_data}
    try:
        answer = await _ask(station, "/certificates/status", question, answers.CERTIFICATE_STATUS)
    except CoreUnreachable:
        return await responders.response(ocsp_request_data)
    return _if_accepted(answer, "ocsp_result")


async def _ask(station: Station, path: str, question: Body, schema: Any) -> Body:
    core = client.shared()
    if core is None:
        raise CoreUnreachable("no core is configured")
    about = {"charge_point": station.identity, "external_id": station.external_id}
    return await core.ask(path, {**about, **question}, schema)


def _if_accepted(answer: Body, name: str) -> str | None:
    return answer.get(name) if answer["status"] == "accepted" else None
