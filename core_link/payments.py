"""Core's data about drivers who pay at the charge point itself."""

from typing import Any

from chargepoints.protocol.station import Station
from core_link import answers, client
from core_link.client import Body, CoreUnreachable

# The field names of OCPP's AddressType, by core's names.
_ADDRESS = {
    "name": "name",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "postal_code": "postalCode",
    "country": "country",
}


async def vat_number(station: Station, number: str, evse_id: int | None) -> dict[str, Any] | None:
    """The company with this VAT number, as OCPP's AddressType; None if core knows none.

    Raises CoreUnreachable.
    """
    question = {"evse_id": evse_id, "vat_number": number}
    answer = await _ask(station, "/payments/vat-number", question, answers.VAT_NUMBER)
    company = answer.get("company") if answer["status"] == "accepted" else None
    if company is None:
        return None
    return {ocpp: company[name] for name, ocpp in _ADDRESS.items() if company.get(name)}


async def receipt(station: Station, settlement: dict[str, Any]) -> dict[str, Any]:
    """The driver's receipt: receipt_url and receipt_id, if core knows them.

    Raises CoreUnreachable.
    """
    return await _ask(station, "/payments/receipt", settlement, answers.RECEIPT)


async def _ask(station: Station, path: str, question: Body, schema: Any) -> Body:
    core = client.shared()
    if core is None:
        raise CoreUnreachable("no core is configured")
    about = {"charge_point": station.identity, "external_id": station.external_id}
    return await core.ask(path, {**about, **question}, schema)
