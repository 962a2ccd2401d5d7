"""Firmware updates and logs beyond the test cases."""

import pytest

from chargepoints.models import Command, FirmwareUpdate, Upload
from tests.operated import OperatedCharger, Payload
from tests.running_gateway import RunningGateway

SIGNED: Payload = {
    "location": "https://files.example.com/signed.bin",
    "signing_certificate": "-----BEGIN CERTIFICATE-----",
    "signature": "c2lnbmF0dXJl",
}


async def test_an_update_that_the_next_one_cancels_has_no_effect(
    gateway: RunningGateway, identity: str
) -> None:
    """Security whitepaper, L01.FR.26."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        action = "SignedUpdateFirmware"
        _, first = await cp.command("update_firmware", SIGNED, action, {"status": "Accepted"})
        answer = {"status": "AcceptedCanceled"}
        _, second = await cp.command("update_firmware", SIGNED, action, answer)
        settled = Command.objects.get(pk=first["id"])
        assert (settled.state, settled.error_code) == ("no_effect", "AcceptedCanceled")
        (running,) = FirmwareUpdate.objects.filter(charge_point=cp.row, finished_at=None)
        assert str(running.command_id) == second["id"]


@pytest.mark.parametrize("missing", ["signing_certificate", "signature"])
async def test_half_a_signature_is_no_signed_update(
    gateway: RunningGateway, identity: str, missing: str
) -> None:
    """Security whitepaper, L01.FR.11; and it is not sent unsigned instead."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {name: value for name, value in SIGNED.items() if name != missing}
        command = await cp.finished("update_firmware", args)
        assert (command["state"], command["error"]["code"]) == ("rejected", "invalid_args")


async def test_the_status_of_a_log_without_an_id_is_that_of_the_newest_log(
    gateway: RunningGateway, identity: str
) -> None:
    """Never of diagnostics, which tell of theirs by a message of their own."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        at_theirs = {"location": "https://files.example.com/"}
        log = {"log": "security"} | at_theirs
        answer = {"status": "Accepted", "filename": "security.log"}
        _, logged = await cp.command("get_log", log, "GetLog", answer)
        await cp.command("get_diagnostics", at_theirs, "GetDiagnostics", {"fileName": "d.zip"})
        await cp.call("LogStatusNotification", {"status": "Uploaded"})
        assert Command.objects.get(pk=logged["id"]).state == "effect_confirmed"
        diagnostics = Upload.objects.get(charge_point=cp.row, kind=Upload.Kind.DIAGNOSTICS)
        assert diagnostics.status == ""
