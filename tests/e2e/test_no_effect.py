"""What an accepted start ends with when no transaction begins: the reason, as far as it is seen."""

from datetime import timedelta

from django.utils import timezone

from chargepoints.models import Command
from chargepoints.services.files import uploads
from tests.fakes.core import FakeCore
from tests.operated import OperatedCharger, at, eventually
from tests.operated_station import EVSE, Charging, OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}


async def accepted_start(operated: OperatedCharger, token: str, evse_id: int) -> str:
    args = {"id_token": {"value": token}, "evse_id": evse_id}
    _, command = await operated.command("start", args, "RemoteStartTransaction", ACCEPTED)
    assert (command["state"], command["finished_at"]) == ("accepted", None)
    command_id: str = command["id"]
    return command_id


async def test_the_connector_tells_why_nothing_began(
    gateway: RunningGateway, identity: str
) -> None:
    said = {1: "Available", 2: "Faulted", 3: "Preparing", 4: "Unavailable"}
    async with await OperatedCharger.connect(gateway, identity) as operated:
        for connector, status in said.items():
            await operated.status(connector, status)
            await accepted_start(operated, f"CAUSE-{connector}", connector)
        commands = Command.objects.filter(charge_point=operated.row)
        commands.update(effect_deadline=timezone.now())
        await eventually(lambda: not commands.filter(finished_at=None).exists())
        assert {
            command.args["evse_id"]: (command.state, command.error_class, command.error_code)
            for command in commands
        } == {
            1: ("no_effect", "station", "no_cable"),
            2: ("no_effect", "station", "connector_faulted"),
            3: ("no_effect", "station", "no_effect"),
            4: ("no_effect", "station", "connector_unavailable"),
        }
        told = {event.data["error"]["code"] for event in operated.events("command.finished")}
        assert "no_cable" in told


async def test_a_token_that_is_refused_ends_the_start_at_once(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    core.decisions.tokens["NO-CREDIT"] = {"status": "no_credit"}
    async with await OperatedCharger.connect(gateway, f"{identity}-16") as operated:
        pk = await accepted_start(operated, "no-credit", 1)
        answer = await operated.call("Authorize", {"idTag": "NO-CREDIT"})
        assert answer["idTagInfo"]["status"] == "Blocked"
        error = Command.objects.get(pk=pk).error_code, Command.objects.get(pk=pk).error_detail
        assert error[0] == "token_refused"
        assert "no_credit" in error[1]
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        args = {"id_token": {"value": "NO-CREDIT", "type": "ISO14443"}, "evse_id": 1}
        await station.command("start", args, "RequestStartTransaction", ACCEPTED)
        await station.call("Authorize", {"idToken": {"idToken": "NO-CREDIT", "type": "ISO14443"}})
        (event,) = station.events("command.finished")
        assert (event.data["state"], event.data["error"]["code"]) == ("no_effect", "token_refused")


async def test_a_reset_that_is_scheduled_may_come_as_late_as_transactions_end(
    gateway: RunningGateway, identity: str
) -> None:
    """2.0.1 B12.FR.01; one that goes at once is expected back soon."""
    async with await OperatedStation.connect(gateway, identity) as station:
        within = {}
        for status in ("Accepted", "Scheduled"):
            _, reset = await station.command("reset", {}, "Reset", {"status": status})
            row = Command.objects.get(pk=reset["id"])
            assert row.effect_deadline is not None and row.answered_at is not None
            within[status] = row.effect_deadline - row.answered_at
        assert within["Accepted"] < timedelta(minutes=5)
        assert within["Scheduled"] > timedelta(hours=12)


async def test_a_start_is_waited_for_as_long_as_drivers_have_to_plug_in(
    gateway: RunningGateway, identity: str
) -> None:
    async def within(operated: OperatedCharger, action: str) -> timedelta:
        args = {"id_token": {"value": "04A1B2"}, "evse_id": 1}
        _, command = await operated.command("start", args, action, ACCEPTED)
        row = Command.objects.get(pk=command["id"])
        assert row.effect_deadline is not None and row.answered_at is not None
        return row.effect_deadline - row.answered_at

    async with await OperatedCharger.connect(gateway, f"{identity}-16") as operated:
        assert await within(operated, "RemoteStartTransaction") < timedelta(minutes=3)
        key = {"key": "ConnectionTimeOut", "readonly": False, "value": "600"}
        answer = {"configurationKey": [key]}
        await operated.command("get_configuration", {}, "GetConfiguration", answer)
        assert await within(operated, "RemoteStartTransaction") > timedelta(minutes=10)
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        await station.tells_variable("TxCtrlr.EVConnectionTimeOut", 600)
        assert await within(station, "RequestStartTransaction") > timedelta(minutes=10)


async def test_a_start_whose_token_is_refused_in_the_start_itself_is_no_success(
    gateway: RunningGateway, core: FakeCore, identity: str
) -> None:
    core.decisions.tokens["NO-CREDIT"] = {"status": "no_credit"}
    async with await OperatedCharger.connect(gateway, f"{identity}-16") as operated:
        pk = await accepted_start(operated, "NO-CREDIT", 1)
        begun = {"connectorId": 1, "idTag": "NO-CREDIT", "meterStart": 0, "timestamp": at()}
        await operated.call("StartTransaction", begun)
        command = Command.objects.get(pk=pk)
        assert (command.state, command.error_code) == ("no_effect", "token_refused")
        assert command.transaction is not None and command.transaction.evse_id == 1
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        token = {"value": "NO-CREDIT", "type": "ISO14443"}
        args = {"id_token": token, "evse_id": 1}
        request, _ = await station.command("start", args, "RequestStartTransaction", ACCEPTED)
        charging = Charging(station)
        await charging.tell(
            "Started",
            "RemoteStart",
            "EVConnected",
            info={"remoteStartId": request["remoteStartId"]},
            idToken=request["idToken"],
            evse=EVSE,
        )
        (event,) = station.events("command.finished")
        assert (event.data["state"], event.data["error"]["code"]) == ("no_effect", "token_refused")


async def test_what_was_seen_since_the_yes_counts_and_not_what_is_so_at_the_deadline(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.status(1, "Preparing")
        pk = await accepted_start(operated, "SEEN", 1)
        await operated.status(1, "Available")
        commands = Command.objects.filter(pk=pk)
        commands.update(effect_deadline=timezone.now())
        await eventually(lambda: not commands.filter(finished_at=None).exists())
        assert commands.get().error_code == "no_effect"
        assert "plugged in" in commands.get().error_detail


async def test_a_start_where_another_car_charges_is_warned_of_and_says_so(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        begun = {"connectorId": 1, "idTag": "OTHER", "meterStart": 0, "timestamp": at()}
        running = await operated.call("StartTransaction", begun)
        pk = await accepted_start(operated, "WANTED", 1)
        (caution,) = [c for c in Command.objects.get(pk=pk).cautions if "is open on this EVSE" in c]
        assert str(running["transactionId"]) in caution
        stop = {"transactionId": running["transactionId"], "meterStop": 5, "timestamp": at()}
        await operated.call("StopTransaction", stop)
        commands = Command.objects.filter(pk=pk)
        commands.update(effect_deadline=timezone.now())
        await eventually(lambda: not commands.filter(finished_at=None).exists())
        assert commands.get().error_code == "evse_busy"


async def test_a_log_is_superseded_by_the_newer_one_that_came(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        log, taken = {"log": "diagnostics"}, {"status": "Accepted", "filename": "log.zip"}
        _, older = await station.command("get_log", log, "GetLog", taken)
        elsewhere = log | {"location": "https://files.example.com/"}
        request, newer = await station.command("get_log", elsewhere, "GetLog", taken)
        done = {"status": "Uploaded", "requestId": request["requestId"]}
        await station.call("LogStatusNotification", done)
        states = {str(c.pk): (c.state, c.error_code) for c in Command.objects.all()}
        assert states[newer["id"]] == ("effect_confirmed", "")
        assert states[older["id"]] == ("no_effect", "superseded")


async def test_a_log_that_was_uploaded_and_has_not_come_is_said_on_its_command(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        log, taken = {"log": "diagnostics"}, {"status": "Accepted", "filename": "log.zip"}
        request, body = await station.command("get_log", log, "GetLog", taken)
        done = {"status": "Uploaded", "requestId": request["requestId"]}
        await station.call("LogStatusNotification", done)
        commands = Command.objects.filter(pk=body["id"])
        assert commands.get().cautions == [uploads.NO_FILE]
        commands.update(effect_deadline=timezone.now())
        await eventually(lambda: not commands.filter(finished_at=None).exists())
        assert commands.get().error_code == "no_file"


async def test_diagnostics_without_a_file_name_that_never_come_end_as_no_file(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, body = await cp.command("get_diagnostics", {}, "GetDiagnostics", {})
        commands = Command.objects.filter(pk=body["id"])
        assert (commands.get().state, commands.get().error_code) == ("accepted", "NoFile")
        commands.update(effect_deadline=timezone.now())
        await eventually(lambda: not commands.filter(finished_at=None).exists())
        assert (commands.get().state, commands.get().error_code) == ("no_effect", "NoFile")
