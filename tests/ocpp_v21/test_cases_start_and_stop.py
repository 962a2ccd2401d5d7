"""Cases of part 5 for a CSMS that are new in 2.1: blocks B, C, E, F and S."""

from typing import Any

from tests.fakes.core import FakeCore
from tests.operated import Payload, at
from tests.operated_station import EVSE, Charging, OperatedStation

ACCEPTED: Payload = {"status": "Accepted"}


def token(station: OperatedStation, type: str = "ISO14443") -> Payload:
    return {"idToken": f"C-{station.row.identity}", "type": type}


def core_says(core: FakeCore, station: OperatedStation, **answer: Any) -> None:
    core.decisions.tokens[token(station)["idToken"]] = {"status": "accepted"} | answer


async def starts(station: OperatedStation, type: str = "ISO14443") -> tuple[Charging, Payload]:
    charging = Charging(station)
    mine = token(station, type)
    return charging, await charging.tell("Started", "Authorized", idToken=mine, evse=EVSE)


def settled(status: str, **more: Any) -> Payload:
    payload = {"pspRef": "PSP", "status": status, "settlementAmount": 9.9, "settlementTime": at()}
    return payload | more


# --- B ------------------------------------------------------------------------------------------


async def test_tc_b_100_csms_network_profile_with_credentials(station: OperatedStation) -> None:
    args = {"slot": 1, "url": "wss://other.example", "security_profile": 2}
    own = {"identity": "OTHER", "basic_auth_password": "0123456789abcdef"}
    request, command = await station.command(
        "set_network_profile", args | own, "SetNetworkProfile", ACCEPTED
    )
    said = request["connectionData"]
    assert (said["identity"], said["basicAuthPassword"]) == ("OTHER", "0123456789abcdef")
    assert command["state"] == "accepted"


async def resets(station: OperatedStation) -> None:
    request, command = await station.command(
        "reset", {"type": "immediate_and_resume"}, "Reset", ACCEPTED
    )
    assert request == {"type": "ImmediateAndResume"}
    await station.reconnect()
    await station.boot("RemoteReset")
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_tc_b_103_csms_resets_and_the_transaction_goes_on(station: OperatedStation) -> None:
    charging = await station.charging()
    await resets(station)
    await charging.tell("Updated", "TxResumed", "Charging")
    assert station.transactions()[0].charging_state == "Charging"
    await charging.tell("Ended", "EVDeparted")
    assert len(station.transactions()) == 1


async def test_tc_b_104_csms_resets_without_a_transaction(station: OperatedStation) -> None:
    await resets(station)
    assert station.transactions() == []


async def test_tc_b_105_csms_adds_a_network_configuration_by_variables(
    station: OperatedStation,
) -> None:
    where = {"component": "NetworkConfiguration", "component_instance": "2"}
    values = {"OcppCsmsUrl": "wss://other.example", "SecurityProfile": "2"}
    variables = [where | {"variable": name, "value": each} for name, each in values.items()]
    results = [
        {
            "component": {"name": "NetworkConfiguration", "instance": "2"},
            "variable": {"name": name},
            "attributeStatus": "Accepted",
        }
        for name in values
    ]
    request, command = await station.command(
        "set_variables", {"variables": variables}, "SetVariables", {"setVariableResult": results}
    )
    assert [each["attributeValue"] for each in request["setVariableData"]] == [*values.values()]
    assert command["state"] == "accepted"


async def test_tc_b_116_csms_resets_and_the_profile_of_the_transaction_stays(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    profile: Payload = {"purpose": "transaction", "kind": "relative", "unit": "A"}
    profile |= {"transaction_id": charging.transaction_id, "periods": [{"start_s": 0, "limit": 8}]}
    args = {"evse_id": 1, "profile": profile}
    await station.command("set_charging_profile", args, "SetChargingProfile", ACCEPTED)
    await resets(station)
    await charging.tell("Updated", "TxResumed", "Charging")
    assert station.row.charging_profiles.get().purpose == "transaction"


# --- C ------------------------------------------------------------------------------------------


async def test_tc_c_103_csms_prepaid_card_with_credit(
    station: OperatedStation, core: FakeCore
) -> None:
    core_says(core, station, limits={"cost": 12.5})
    answer = (await starts(station))[1]
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert answer["transactionLimit"] == {"maxCost": 12.5}


async def test_tc_c_104_csms_prepaid_card_without_credit(
    station: OperatedStation, core: FakeCore
) -> None:
    core_says(core, station, status="no_credit", limits={"cost": 1})
    answer = (await starts(station))[1]
    assert answer == {"idTokenInfo": {"status": "NoCredit"}}


async def test_tc_c_108_csms_validates_a_vat_number(
    station: OperatedStation, core: FakeCore
) -> None:
    company = {"name": "Acme", "address1": "Road 1", "city": "Delft", "country": "NL"}
    core.decisions.companies["NL108"] = {"status": "accepted", "company": company}
    answer = await station.call("VatNumberValidation", {"vatNumber": "NL108"})
    assert answer == {"vatNumber": "NL108", "status": "Accepted", "company": company}


async def test_tc_c_113_csms_payment_cancelled_after_the_start(station: OperatedStation) -> None:
    charging, _ = await starts(station, "DirectPayment")
    await charging.tell("Ended", "StopAuthorized", info={"stoppedReason": "Local"})
    await station.call(
        "NotifySettlement", settled("Canceled", transactionId=charging.transaction_id)
    )
    told = station.events("payment.settled")[-1].data
    assert (told["status"], told["transaction_id"]) == ("Canceled", charging.transaction_id)


async def test_tc_c_117_csms_settled_by_core_receipt_by_core(station: OperatedStation) -> None:
    """C21.FR.05, FR.07: core gets the reference of the payment, and says where the receipt is."""
    await station.tells_variable("PaymentCtrlr.SettlementByCSMS", "true")
    charging, _ = await starts(station, "DirectPayment")
    cost = {"transaction_id": charging.transaction_id, "total_cost": 7.5}
    await station.command("update_cost", cost, "CostUpdated", {})
    assert (await charging.tell("Ended", "EVDeparted"))["totalCost"] == 7.5
    told = station.events("transaction.ended")[-1].data
    paid = token(station, "DirectPayment")
    assert told["id_token"] == {"value": paid["idToken"], "type": "DirectPayment"}
    receipt = {"content": "https://core.example/receipt", "format": "URI", "evse_id": 1}
    request, command = await station.command(
        "display_message", receipt, "SetDisplayMessage", ACCEPTED
    )
    said = {"format": "URI", "content": "https://core.example/receipt"}
    assert (request["message"]["message"], command["state"]) == (said, "accepted")
    assert not station.events("payment.settled")


async def test_tc_c_118_csms_settled_by_the_station_receipt_by_core(
    station: OperatedStation,
) -> None:
    """C21.FR.03."""
    answer = await station.call("NotifySettlement", settled("Settled"))
    assert answer == {"receiptUrl": "https://core.example/PSP"}


async def test_tc_c_119_csms_settlement_that_failed(station: OperatedStation) -> None:
    await station.call("NotifySettlement", settled("Failed"))
    assert station.events("payment.settled")[-1].data["status"] == "Failed"


async def test_tc_c_120_csms_settlement_that_was_rejected(station: OperatedStation) -> None:
    await station.call("NotifySettlement", settled("Rejected"))
    assert station.events("payment.settled")[-1].data["status"] == "Rejected"


async def test_tc_c_125_csms_stand_alone_terminal_central_cost(
    station: OperatedStation, core: FakeCore
) -> None:
    """C24.FR.01, FR.02: the start with the reference of the payment, its limit, its cost."""
    core_says(core, station, limits={"cost": 20})
    paid = {"value": token(station)["idToken"], "type": "DirectPayment"}
    request, _ = await station.command(
        "start", {"id_token": paid, "evse_id": 1}, "RequestStartTransaction", ACCEPTED
    )
    assert request["idToken"] == token(station, "DirectPayment")
    charging = Charging(station)
    answer = await charging.tell(
        "Started",
        "RemoteStart",
        idToken=request["idToken"],
        info={"remoteStartId": request["remoteStartId"]},
        evse=EVSE,
    )
    assert answer["transactionLimit"] == {"maxCost": 20}
    cost = {"transaction_id": charging.transaction_id, "total_cost": 4.5}
    await station.command("update_cost", cost, "CostUpdated", {})
    assert (await charging.tell("Ended", "CostLimitReached"))["totalCost"] == 4.5


async def test_tc_c_126_csms_stand_alone_terminal_local_cost(
    station: OperatedStation, core: FakeCore
) -> None:
    core_says(core, station, limits={"cost": 20})
    charging, answer = await starts(station, "DirectPayment")
    assert answer["transactionLimit"] == {"maxCost": 20}
    total = {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 3.0}}
    usage = {"energy": 8.0, "chargingTime": 60, "idleTime": 0}
    cost = {"totalCost": total, "totalUsage": usage}
    await charging.tell("Ended", "EVDeparted", costDetails=cost)
    assert station.events("transaction.ended")[-1].data["details"]["cost"] == cost


async def test_tc_c_131_csms_payment_by_a_qr_code(station: OperatedStation) -> None:
    """C25.FR.21, FR.23: the web page itself is core's."""
    args = {"evse_id": 1, "timeout_s": 60}
    request, _ = await station.command("web_payment_started", args, "NotifyWebPaymentStarted", {})
    assert request == {"evseId": 1, "timeout": 60}
    paid = {"value": "PSP-131", "type": "DirectPayment"}
    request, _ = await station.command(
        "start", {"id_token": paid, "evse_id": 1}, "RequestStartTransaction", ACCEPTED
    )
    assert request["idToken"] == {"idToken": "PSP-131", "type": "DirectPayment"}


# --- E, F ---------------------------------------------------------------------------------------


async def of_the_station(station: OperatedStation, said: Payload, told: Payload) -> None:
    """E16.FR.01: the limit comes from the station, and is confirmed by no other."""
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", evse=EVSE)
    answer = await charging.tell("Updated", "LimitSet", info={"transactionLimit": said})
    assert answer == {}
    assert station.events("transaction.updated")[-1].data["limits"] == told


async def of_core(station: OperatedStation, core: FakeCore, limits: Payload, said: Payload) -> None:
    """E16.FR.02: once, in the first possible answer."""
    core_says(core, station, limits=limits)
    charging, answer = await starts(station)
    assert answer["transactionLimit"] == said
    assert await charging.tell("Updated", "LimitSet", info={"transactionLimit": said}) == {}
    assert station.transactions()[0].limits == limits


async def test_tc_e_102_csms_limits_of_both(station: OperatedStation, core: FakeCore) -> None:
    """E16.FR.07, FR.08: core's where it is the lower one."""
    core_says(core, station, limits={"energy_wh": 5000, "time_s": 7200})
    charging = Charging(station)
    mine = {"transactionLimit": {"maxEnergy": 9000, "maxTime": 600}}
    answer = await charging.tell(
        "Started", "Authorized", info=mine, idToken=token(station), evse=EVSE
    )
    assert answer["transactionLimit"] == {"maxEnergy": 5000}


async def test_tc_e_106_csms_energy_limit_of_the_station(station: OperatedStation) -> None:
    await of_the_station(station, {"maxEnergy": 5000}, {"energy_wh": 5000})


async def test_tc_e_107_csms_time_limit_of_the_station(station: OperatedStation) -> None:
    await of_the_station(station, {"maxTime": 600}, {"time_s": 600})


async def test_tc_e_108_csms_cost_limit_of_the_station(station: OperatedStation) -> None:
    await of_the_station(station, {"maxCost": 12.5}, {"cost": 12.5})


async def test_tc_e_109_csms_cost_limit_of_core(station: OperatedStation, core: FakeCore) -> None:
    await of_core(station, core, {"cost": 12.5}, {"maxCost": 12.5})


async def test_tc_e_110_csms_energy_limit_of_core(station: OperatedStation, core: FakeCore) -> None:
    await of_core(station, core, {"energy_wh": 5000}, {"maxEnergy": 5000})


async def test_tc_e_111_csms_time_limit_of_core(station: OperatedStation, core: FakeCore) -> None:
    await of_core(station, core, {"time_s": 600}, {"maxTime": 600})


async def resumes(station: OperatedStation, state: str) -> None:
    charging = await station.charging()
    station.charger.abort()
    await station.reconnect()
    await station.boot("PowerUp")
    await charging.tell("Updated", "TxResumed", state)
    (row,) = station.transactions()
    assert (row.ended_at, row.charging_state) == (None, state)


async def test_tc_e_113_csms_transaction_resumed_after_an_interruption(
    station: OperatedStation,
) -> None:
    """E17."""
    await resumes(station, "Charging")


async def test_tc_e_117_csms_transaction_resumed_with_its_profile(
    station: OperatedStation,
) -> None:
    args = {"evse_id": 1, "limit": 10}
    await station.command("update_limit", args, "SetChargingProfile", ACCEPTED)
    await resumes(station, "Charging")
    assert station.row.charging_profiles.get().missing_since is None


async def test_tc_f_100_csms_custom_trigger(station: OperatedStation) -> None:
    args = {"message": "CustomTrigger", "custom": "SelfTest"}
    request, command = await station.command("trigger", args, "TriggerMessage", ACCEPTED)
    assert request == {"requestedMessage": "CustomTrigger", "customTrigger": "SelfTest"}
    assert command["state"] == "accepted"


# --- S ------------------------------------------------------------------------------------------


async def asks_for_a_battery(station: OperatedStation, answer: Payload) -> tuple[Payload, Payload]:
    args = {"id_token": {"value": "SWAP", "type": "ISO14443"}}
    return await station.command("battery_swap", args, "RequestBatterySwap", answer)


async def test_tc_s_102_csms_too_few_batteries(station: OperatedStation) -> None:
    answer = {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
    _, command = await asks_for_a_battery(station, answer)
    assert (command["state"], command["error"]["detail"]) == ("rejected", "NoBatteryAvailable")


async def test_tc_s_103_csms_batteries_are_swapped(station: OperatedStation) -> None:
    request, command = await asks_for_a_battery(station, ACCEPTED)
    battery = {"evseId": 1, "serialNumber": "B", "soC": 90.0, "soH": 95.0}
    swap = {"idToken": request["idToken"], "requestId": request["requestId"]}
    for event in ("BatteryOut", "BatteryIn"):
        told = swap | {"eventType": event, "batteryData": [battery]}
        assert await station.call("BatterySwap", told) == {}
    assert (await station.settled(command)).state == "effect_confirmed"
