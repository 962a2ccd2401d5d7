"""What a charge point says of itself at its boot, and whether it is let in."""

from dataclasses import dataclass

from django.conf import settings

from chargepoints.inbound import Inbound, clip
from chargepoints.models import ChargePoint, Registration
from chargepoints.services import commands

RESET_EFFECT = "reset"


@dataclass(frozen=True, slots=True)
class Facts:
    """Of BootNotification, in both versions."""

    vendor: str
    model: str
    serial_number: str = ""
    firmware_version: str = ""
    iccid: str = ""
    imsi: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BootDecision:
    """Where core decides: its word, and the heartbeat interval it wants, if any."""

    registration: str
    interval_s: int | None = None


def boot(inbound: Inbound, facts: Facts, decision: BootDecision | None) -> tuple[str, int]:
    """Store the boot; the registration (Registration's values) and the interval to answer with.

    Once accepted, a charge point may be sent requests, also after a reconnect without a boot.
    """
    station = inbound.station
    row = ChargePoint.objects.get(pk=station.id)
    registration = decision.registration if decision else row.registration
    accepted = registration == Registration.ACCEPTED
    wanted = decision.interval_s if decision else None
    interval = wanted or row.heartbeat_interval or settings.HEARTBEAT_INTERVAL_S
    ChargePoint.objects.filter(pk=station.id).update(
        vendor=clip(facts.vendor, 255),
        model=clip(facts.model, 255),
        serial_number=clip(facts.serial_number, 255),
        firmware_version=clip(facts.firmware_version, 255),
        iccid=clip(facts.iccid, 255),
        imsi=clip(facts.imsi, 255),
        boot_reason=clip(facts.reason, 50),
        booted_at=inbound.received_at,
        boot_accepted_at=inbound.received_at if accepted else None,
    )
    inbound.emit(
        "charge_point.booted",
        {
            "vendor": facts.vendor,
            "model": facts.model,
            "serial": facts.serial_number,
            "firmware": facts.firmware_version,
            "reason": facts.reason,
            "registration": registration,
        },
    )
    commands.confirm_effect(inbound.unit, station.id, RESET_EFFECT)

    def remember() -> None:
        station.boot_accepted = accepted

    inbound.unit.after_commit(remember)
    return registration, interval
