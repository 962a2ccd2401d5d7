"""N Diagnostics: customer information; test cases of OCPP 2.0.1, part 6."""

from typing import Any

from tests.operated import Payload, at
from tests.operated_station import TOKEN, OperatedStation

CUSTOMER: Payload = {"id_token": {"value": "04A1B2", "type": "ISO14443"}}


async def customer(
    station: OperatedStation,
    args: Payload,
    expected: Payload,
    *texts: str,
    status: str = "Accepted",
) -> Payload:
    """What the station knows comes in these texts; the command ends with all of them."""
    request, command = await station.command(
        "customer_information", args, "CustomerInformation", {"status": status}
    )
    assert {name: value for name, value in request.items() if name != "requestId"} == expected
    for seq_no, text in enumerate(texts):
        part: dict[str, Any] = {"requestId": request["requestId"], "seqNo": seq_no}
        part |= {"generatedAt": at(), "data": text, "tbc": seq_no < len(texts) - 1}
        assert await station.call("NotifyCustomerInformation", part) == {}
    if texts and expected["report"]:
        settled = await station.settled(command)
        assert settled.state == "effect_confirmed"
        assert [part["data"] for part in settled.result or []] == list(texts)
    return command


def wanted(report: bool, clear: bool, **who: Any) -> Payload:
    return {"report": report, "clear": clear} | (who or {"idToken": TOKEN})


async def test_tc_n_27_csms_learns_what_is_known(station: OperatedStation) -> None:
    await customer(station, CUSTOMER, wanted(True, False), "a lot", "and more")


async def test_tc_n_28_csms_learns_that_nothing_is_known(station: OperatedStation) -> None:
    await customer(station, CUSTOMER, wanted(True, False), "")


async def test_tc_n_29_csms_is_not_told(station: OperatedStation) -> None:
    command = await customer(station, CUSTOMER, wanted(True, False), status="Rejected")
    assert command["state"] == "rejected"


async def test_tc_n_30_csms_clears_and_learns(station: OperatedStation) -> None:
    await customer(station, CUSTOMER | {"clear": True}, wanted(True, True), "a lot")


async def test_tc_n_31_csms_clears_where_nothing_is_known(station: OperatedStation) -> None:
    await customer(station, CUSTOMER | {"clear": True}, wanted(True, True), "")


async def test_tc_n_32_csms_clears_without_a_report(station: OperatedStation) -> None:
    args = CUSTOMER | {"clear": True, "report": False}
    command = await customer(station, args, wanted(False, True), "")
    assert command["state"] == "accepted"


async def test_tc_n_62_csms_clears_by_customer_identifier(station: OperatedStation) -> None:
    args = {"customer_identifier": "OpenChargeAlliance", "clear": True}
    expected = wanted(True, True, customerIdentifier="OpenChargeAlliance")
    await customer(station, args, expected, "a lot")


async def test_tc_n_63_csms_clears_by_certificate(station: OperatedStation) -> None:
    hashes = {"hash_algorithm": "SHA256", "serial_number": "1a2b"}
    hashes |= {"issuer_name_hash": "a1" * 32, "issuer_key_hash": "b2" * 32}
    certificate = {"hashAlgorithm": "SHA256", "serialNumber": "1a2b"}
    certificate |= {"issuerNameHash": "a1" * 32, "issuerKeyHash": "b2" * 32}
    await customer(
        station,
        {"certificate": hashes, "clear": True},
        wanted(True, True, customerCertificate=certificate),
        "a lot",
    )


async def test_a_customer_is_named_in_one_way(station: OperatedStation) -> None:
    refused = await station.refuses("customer_information", CUSTOMER | {"customer_identifier": "X"})
    assert refused["code"] == "invalid_args"
