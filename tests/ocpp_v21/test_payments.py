"""C18 to C25: drivers who pay at the station, or on a web page."""

from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import OperatedStation

SETTLED: Payload = {
    "transactionId": "TX-1",
    "pspRef": "PSP-1",
    "status": "Settled",
    "settlementAmount": 12.5,
    "settlementTime": at(),
}


async def test_a_settlement_is_told_to_core_which_has_the_receipt(
    station: OperatedStation, core: FakeCore
) -> None:
    """C21.FR.02, FR.03."""
    for _ in range(2):
        answer = await station.call("NotifySettlement", SETTLED)
        assert answer == {"receiptUrl": "https://core.example/PSP-1"}
    (event,) = station.events("payment.settled")
    told = {name: event.data[name] for name in ("transaction_id", "psp_ref", "status", "amount")}
    assert told == {
        "transaction_id": "TX-1",
        "psp_ref": "PSP-1",
        "status": "Settled",
        "amount": 12.5,
    }
    core.fail(path="/payments/receipt", status=404)
    failed = SETTLED | {"status": "Failed", "statusInfo": "no connection"}
    assert await station.call("NotifySettlement", failed) == {}
    assert station.events("payment.settled")[-1].data["status_info"] == "no connection"


async def test_a_vat_number_is_validated_by_core(station: OperatedStation, core: FakeCore) -> None:
    company = {"name": "Acme", "address1": "Road 1", "city": "Delft", "country": "NL"}
    core.decisions.companies["NL1"] = {"status": "accepted", "company": company}
    answer = await station.call("VatNumberValidation", {"vatNumber": "NL1", "evseId": 1})
    assert answer == {"vatNumber": "NL1", "evseId": 1, "status": "Accepted", "company": company}
    answer = await station.call("VatNumberValidation", {"vatNumber": "NL2"})
    assert answer == {"vatNumber": "NL2", "status": "Rejected"}
    core.fail(path="/payments/vat-number", status=500)
    answer = await station.call("VatNumberValidation", {"vatNumber": "NL1"})
    assert answer["status"] == "Rejected"


async def test_a_station_is_told_that_somebody_pays_on_a_web_page(
    station: OperatedStation,
) -> None:
    """C25.FR.21."""
    args = {"evse_id": 1, "timeout_s": 120}
    request, command = await station.command(
        "web_payment_started", args, "NotifyWebPaymentStarted", {}
    )
    assert (request, command["state"]) == ({"evseId": 1, "timeout": 120}, "accepted")
