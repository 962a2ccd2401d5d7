"""By which protocol a charge point transfers files of ours, and the other one where that failed."""

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
    """The protocol, by the command, else by staff, a quirk, or the charge point's report."""
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

    Some charge points speak FTP only, and announce nothing.
    """
    if not settings.FTP_URL or "transfer" in command.args:
        return
    other = HTTP if failed == FTP else FTP
    args = {**command.args, "transfer": str(other)}
    try:
        submission.submit(command.charge_point, command.type, args, requested_by=REQUESTED_BY)
    except CommandRefused:
        return  # a charge point that has gone offline is not asked again


def _announced(charge_point_id: int) -> str:
    said = Variable.objects.filter(charge_point_id=charge_point_id, name__in=ANNOUNCED).first()
    protocols = {part.strip().upper() for part in ((said and said.reported) or "").split(",")}
    return FTP if "FTP" in protocols and not protocols & {"HTTP", "HTTPS"} else HTTP
