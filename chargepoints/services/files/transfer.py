"""The protocol for files of the gateway, and the other one if a transfer failed."""

from django.conf import settings

from chargepoints.models import ChargePoint, Command, Variable
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.stations import quirks

HTTP, FTP = ChargePoint.FileTransfer.HTTP, ChargePoint.FileTransfer.FTP
# 1.6 and 2.0.1 OCPPCommCtrlr.
ANNOUNCED = ["SupportedFileTransferProtocols", "FileTransferProtocols"]
REQUESTED_BY = "gateway:other file transfer"


def protocol(command: Command) -> str:
    """The protocol: from the command, else from staff, a quirk, or the charge point's report."""
    charge_point = command.charge_point
    if not settings.FTP_URL:
        return HTTP
    return str(
        command.args.get("transfer")
        or charge_point.file_transfer
        or quirks.setting(charge_point, "file_transfer")
        or _announced(charge_point.pk)
    )


def try_the_other(command: Command, failed: str) -> None:
    """Send the same command once more, with another protocol than `failed`.

    Some charge points support only FTP, but do not report it.
    """
    if not settings.FTP_URL or "transfer" in command.args:
        return
    other = HTTP if failed == FTP else FTP
    args = {**command.args, "transfer": str(other)}
    try:
        submission.submit(command.charge_point, command.type, args, requested_by=REQUESTED_BY)
    except CommandRefused:
        return  # not repeated for a charge point that is offline by now


def _announced(charge_point_id: int) -> str:
    said = Variable.objects.filter(charge_point_id=charge_point_id, name__in=ANNOUNCED).first()
    protocols = {part.strip().upper() for part in ((said and said.reported) or "").split(",")}
    return FTP if "FTP" in protocols and not protocols & {"HTTP", "HTTPS"} else HTTP
