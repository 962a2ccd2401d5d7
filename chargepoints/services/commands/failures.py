"""What was noted for a command that came to nothing: it waits for nothing more."""

from django.utils import timezone

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, FirmwareUpdate, Upload
from chargepoints.services.tokens import reservations

State = Command.State
# Its time to be sent may be over as well, but then nothing was noted yet.
UNDONE = frozenset({State.REJECTED, State.CALLERROR, State.TIMEOUT})


def close(unit: UnitOfWork, command: Command) -> None:
    now = timezone.now()
    FirmwareUpdate.objects.filter(command=command, finished_at=None).update(
        status=command.error_code, finished_at=now
    )
    if command.state == State.TIMEOUT:
        # The charge point may do it all the same: send its log, or keep the reservation.
        return
    Upload.objects.filter(command=command, received_at=None).update(
        status=command.error_code, status_at=now, expires_at=now
    )
    reservations.answered(unit, command, accepted=False)
