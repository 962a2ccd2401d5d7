"""I07 to I11: tariffs that the station calculates by."""

from chargepoints.models import Tariff
from tests.operated import Payload
from tests.operated_station import EVSE, Charging, OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}
DAY: Payload = {"tariffId": "DAY", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.5}]}}
NIGHT: Payload = {
    "tariffId": "NIGHT",
    "currency": "EUR",
    "fixedFee": {"prices": [{"priceFixed": 1}]},
}


def known(station: OperatedStation) -> list[tuple[int, str, str]]:
    rows = Tariff.objects.filter(charge_point=station.row).order_by("evse_id", "tariff_id")
    return [(row.evse_id, row.tariff_id, row.kind) for row in rows]


async def sets(station: OperatedStation, tariff: Payload, evse_id: int = 0) -> None:
    args = {"tariff": tariff, "evse_id": evse_id}
    request, command = await station.command(
        "set_default_tariff", args, "SetDefaultTariff", ACCEPTED
    )
    assert request == {"evseId": evse_id, "tariff": tariff}
    assert command["state"] == "accepted"


async def test_a_default_tariff_replaces_the_one_before(station: OperatedStation) -> None:
    """I07."""
    await sets(station, DAY)
    await sets(station, NIGHT, 1)
    assert known(station) == [(0, "DAY", "default"), (1, "NIGHT", "default")]
    await sets(station, NIGHT)
    assert known(station) == [(0, "NIGHT", "default")]
    listed = (await station.http("GET", "tariffs")).json()["results"]
    assert [(each["tariff_id"], each["content"]) for each in listed] == [("NIGHT", NIGHT)]
    _, command = await station.command(
        "set_default_tariff",
        {"tariff": DAY},
        "SetDefaultTariff",
        {"status": "ConditionNotSupported"},
    )
    assert command["error"]["code"] == "ConditionNotSupported"
    assert known(station) == [(0, "NIGHT", "default")]


async def test_the_tariffs_of_a_station_are_listed(station: OperatedStation) -> None:
    """I09."""
    await sets(station, DAY)
    assigned = [
        {"tariffId": "DAY", "tariffKind": "DefaultTariff", "evseIds": [1, 2]},
        {"tariffId": "MINE", "tariffKind": "DriverTariff", "evseIds": [1], "idTokens": ["T"]},
    ]
    answer = ACCEPTED | {"tariffAssignments": assigned}
    request, command = await station.command("get_tariffs", {}, "GetTariffs", answer)
    assert request == {"evseId": 0}
    assert command["result"] == {"tariffs": assigned}
    assert known(station) == [(1, "DAY", "default"), (1, "MINE", "driver"), (2, "DAY", "default")]
    assert Tariff.objects.filter(charge_point=station.row, content=DAY).count() == 2
    _, command = await station.command("get_tariffs", {}, "GetTariffs", {"status": "NoTariff"})
    assert (command["state"], known(station)) == ("accepted", [])


async def test_tariffs_are_cleared(station: OperatedStation) -> None:
    """I10."""
    await sets(station, DAY)
    await sets(station, NIGHT, 1)
    results = [
        {"tariffId": "DAY", "status": "Accepted"},
        {"tariffId": "OLD", "status": "NoTariff"},
    ]
    request, command = await station.command(
        "clear_tariffs",
        {"tariff_ids": ["DAY", "OLD"]},
        "ClearTariffs",
        {"clearTariffsResult": results},
    )
    assert request == {"tariffIds": ["DAY", "OLD"]}
    assert (command["state"], known(station)) == ("accepted", [(1, "NIGHT", "default")])
    refused = [{"tariffId": "NIGHT", "status": "Rejected"}]
    _, command = await station.command(
        "clear_tariffs", {}, "ClearTariffs", {"clearTariffsResult": refused}
    )
    assert (command["error"]["code"], len(known(station))) == ("Rejected", 1)


async def test_the_tariff_of_a_transaction_is_changed(station: OperatedStation) -> None:
    """I11; the station tells by TariffChanged."""
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    args = {"transaction_id": charging.transaction_id, "tariff": NIGHT}
    request, command = await station.command(
        "change_tariff", args, "ChangeTransactionTariff", ACCEPTED
    )
    assert request == {"transactionId": charging.transaction_id, "tariff": NIGHT}
    assert command["state"] == "accepted"
    await charging.tell("Updated", "TariffChanged", info={"tariffId": "NIGHT"})
    assert station.transactions()[0].details == {"tariff_id": "NIGHT"}
    _, command = await station.command(
        "change_tariff", args, "ChangeTransactionTariff", {"status": "TxNotFound"}
    )
    assert command["error"]["code"] == "TxNotFound"
