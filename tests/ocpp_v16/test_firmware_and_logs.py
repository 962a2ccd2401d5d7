"""Firmware updates and logs beyond the test cases."""

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from chargepoints.models import Command, FirmwareUpdate, Upload
from tests.operated import OperatedCharger, Payload, eventually
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


UNSIGNED: Payload = {"location": "https://files.example.com/plain.bin"}


async def test_an_update_that_is_answered_by_an_error_is_over(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.post("update_firmware", UNSIGNED)
        message_id, _ = await cp.charger.expect_call("UpdateFirmware")
        await cp.charger.answer_error(message_id, "NotSupported")
        update = await eventually(lambda: updates(cp).filter(finished_at__isnull=False).first())
        assert update is not None and update.status == "NotSupported"


async def test_an_update_whose_answer_was_lost_is_over_until_the_charger_tells_of_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.post("update_firmware", UNSIGNED)
        await cp.charger.expect_call("UpdateFirmware")
        await cp.reconnect()
        await eventually(lambda: updates(cp).filter(finished_at__isnull=False).first())
        for status, runs in (("Downloading", True), ("Downloaded", True), ("Installed", False)):
            await cp.call("FirmwareStatusNotification", {"status": status})
            update = updates(cp).get()
            assert (update.status, update.finished_at is None) == (status, runs)


async def test_the_end_of_an_update_that_is_told_again_is_no_news(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.command("update_firmware", UNSIGNED, "UpdateFirmware", {})
        for status in ("Downloading", "Installed", "Installed"):
            await cp.call("FirmwareStatusNotification", {"status": status})
        told = [event.data["status"] for event in cp.events("charge_point.firmware_status")]
        assert told == ["Downloading", "Installed"]


async def test_a_log_that_the_next_one_cancels_is_waited_for_no_more(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        log = {"log": "security"}
        _, first = await cp.command("get_log", log, "GetLog", {"status": "Accepted"})
        await cp.command("get_log", log, "GetLog", {"status": "AcceptedCanceled"})
        settled = Command.objects.get(pk=first["id"])
        assert (settled.state, settled.error_code) == ("no_effect", "AcceptedCanceled")
        uploads = Upload.objects.filter(charge_point=cp.row, expires_at__gt=timezone.now())
        assert uploads.get().command_id != settled.pk


def updates(cp: OperatedCharger) -> QuerySet[FirmwareUpdate]:
    return FirmwareUpdate.objects.filter(charge_point=cp.row)


SIGNED_REQUEST: Payload = {
    "requestId": 1,
    "firmware": {
        "location": "https://files.example.com/signed.bin",
        "retrieveDateTime": "2026-12-01T12:00:00Z",
        "signingCertificate": "-----BEGIN CERTIFICATE-----",
        "signature": "c2lnbmF0dXJl",
    },
}
PLAIN_REQUEST: Payload = {
    "location": "https://files.example.com/plain.bin",
    "retrieveDate": "2026-12-01T12:00:00Z",
}


async def raw(
    cp: OperatedCharger, action: str, payload: Payload, answer: Payload
) -> tuple[Payload, Payload]:
    return await cp.command("raw", {"action": action, "payload": payload}, action, answer)


async def test_what_a_raw_request_asks_for_is_known_when_the_charger_tells_of_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await raw(cp, "UpdateFirmware", PLAIN_REQUEST, {})
        for status in ("Downloading", "Installed"):
            await cp.call("FirmwareStatusNotification", {"status": status})
        diagnostics = {"location": "https://files.example.com/"}
        await raw(cp, "GetDiagnostics", diagnostics, {"fileName": "d.zip"})
        await cp.call("DiagnosticsStatusNotification", {"status": "Uploaded"})
        log = {"logType": "SecurityLog", "requestId": 5, "log": {"remoteLocation": "https://x/"}}
        await raw(cp, "GetLog", log, {"status": "Accepted"})
        await cp.call("LogStatusNotification", {"status": "Uploaded", "requestId": 5})
        assert updates(cp).get().status == "Installed"
        kinds = {
            upload.kind: upload.status for upload in Upload.objects.filter(charge_point=cp.row)
        }
        assert kinds == {"diagnostics": "Uploaded", "security_log": "Uploaded"}
        assert all(not event.deviations for event in cp.events())


async def test_of_raw_updates_with_one_id_the_newest_is_told_of(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for end in ("InvalidSignature", "Installed"):
            await raw(cp, "SignedUpdateFirmware", SIGNED_REQUEST, {"status": "Accepted"})
            told = {"status": end, "requestId": 1}
            await cp.call("SignedFirmwareStatusNotification", told)
        newest, first = updates(cp).order_by("-id")
        assert (first.status, newest.status) == ("InvalidSignature", "Installed")


async def test_a_raw_update_that_was_refused_is_over(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        refusal = {"status": "Rejected"}
        _, command = await raw(cp, "SignedUpdateFirmware", SIGNED_REQUEST, refusal)
        assert command["state"] == "rejected"
        assert updates(cp).get().finished_at is not None
