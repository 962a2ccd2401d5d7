"""A past of every kind, for the pages that show it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    ChargingProfile,
    Command,
    CommandBatch,
    ConfigurationTemplate,
    DisplayMessage,
    Event,
    HandshakeRefusal,
    IdToken,
    InstalledCertificate,
    LocalList,
    LocalListEntry,
    MaintenanceWindow,
    MeterValue,
    Monitor,
    MonitoringEvent,
    Reservation,
    RollOut,
    RollOutTarget,
    SecurityEvent,
    SeenTls,
    ServerProcess,
    Status,
    StatusChange,
    TransactionEvent,
    Variable,
)
from tests.chargepoints.admin.conftest import charge, trace


def a_past(charge_point: ChargePoint, text: str) -> None:
    """A row of every kind, with `text` wherever a charger may have put it."""
    has_charged(charge_point, text)
    has_told(charge_point, text)
    holds(charge_point, text)
    was_asked(charge_point, text)
    is_looked_after(charge_point, text)


def has_charged(charge_point: ChargePoint, text: str) -> None:
    now = timezone.now()
    ServerProcess.objects.create(host=text, pid=1)
    transaction = charge(
        charge_point, text, id_token=text, stop_reason=text, charging_state=text, stop_id_token=text
    )
    TransactionEvent.objects.create(
        transaction=transaction,
        seq_no=0,
        event_type=text,
        trigger_reason=text,
        occurred_at=now,
        received_at=now,
        digest="x",
    )
    MeterValue.objects.update(samples=[{"value": text}])
    trace(
        charge_point,
        text,
        message_id=text,
        request=text,
        reply=text,
        error_code=text,
        deviations=[text],
    )


def has_told(charge_point: ChargePoint, text: str) -> None:
    now = timezone.now()
    common: dict[str, Any] = {"charge_point": charge_point, "received_at": now}
    Event.objects.create(
        sequence=1, type=text, occurred_at=now, data={"a": text}, ocpp={text: text}, **common
    )
    StatusChange.objects.create(
        status=Status.FAULTED,
        ocpp_status=text,
        error_code=text,
        vendor_error_code=text,
        info=text,
        reported_at=now,
        **common,
    )
    MonitoringEvent.objects.create(
        event_id=1,
        occurred_at=now,
        trigger=text,
        notification_type=text,
        component=text,
        variable=text,
        actual_value=text,
        data={"a": text},
        **common,
    )
    SecurityEvent.objects.create(type=text, occurred_at=now, tech_info=text, **common)


def holds(charge_point: ChargePoint, text: str) -> None:
    """What is installed in it, or set."""
    now = timezone.now()
    read: dict[str, Any] = {"charge_point": charge_point, "read_at": now}
    Variable.objects.create(
        charge_point=charge_point, component=text, name=text, reported=text, desired=text
    )
    SeenTls.objects.create(
        charge_point=charge_point,
        at=now,
        version=text,
        suite=text,
        certificate_serial=text,
        certificate_subject=text,
        certificate_issuer=text,
        certificate_expires_at=now,
    )
    InstalledCertificate.objects.create(
        use=text, serial_number=text, issuer_name_hash=text, issuer_key_hash=text, **read
    )
    Monitor.objects.create(
        number=1, component=text, variable=text, type=text, value=1, severity=2, **read
    )
    ChargingProfile.objects.create(
        charge_point=charge_point,
        profile_id=1,
        purpose=ChargingProfile.Purpose.DEFAULT,
        stack_level=0,
        transaction_id=text,
        profile={text: text},
        installed_at=now,
    )
    Reservation.objects.create(
        charge_point=charge_point, reservation_id=1, id_token=text, expires_at=now
    )
    local_list = LocalList.objects.create(charge_point=charge_point)
    LocalListEntry.objects.create(local_list=local_list, value=text, group_id_token=text)
    DisplayMessage.objects.create(number=1, content=text, priority=text, **read)


def was_asked(charge_point: ChargePoint, text: str) -> None:
    now = timezone.now()
    batch = CommandBatch.objects.create(
        type="raw",
        args={text: text},
        targets=[charge_point.pk],
        refused=[{"detail": text}],
        requested_by=f"{text} {charge_point.pk}",
    )
    Command.objects.create(
        charge_point=charge_point,
        batch=batch,
        type="raw",
        result=[{"a": text}],
        args={text: text},
        requested_by=text,
        expires_at=now + timedelta(hours=1),
        action=text,
        message_id=text,
        request={"a": text},
        response={"a": text},
        error_code=text,
        error_detail=text,
    )
    IdToken.objects.create(value=text, group_id_token=text, personal_message=text)
    HandshakeRefusal.objects.create(
        identity=text,
        address=text,
        reason="unknown_identity",
        remedy="Register it.",
        status_code=404,
        path=text,
        user=text,
        offered_protocols=text,
    )


def is_looked_after(charge_point: ChargePoint, text: str) -> None:
    now = timezone.now()
    roll_out = RollOut.objects.create(
        type="raw",
        args={text: text},
        requested_by=f"{text} {charge_point.pk}",
        wave_sizes=[1],
        halt_after=1,
        at_once=1,
        wait_s=60,
        back_within_s=60,
        state=RollOut.State.HALTED,
        halted_because=text,
        wave_began_at=now,
    )
    RollOutTarget.objects.create(
        roll_out=roll_out,
        charge_point=charge_point,
        wave=0,
        state=RollOutTarget.State.FAILED,
        code=text,
        detail=text,
    )
    values = dict.fromkeys(Variable.objects.values_list("name", flat=True), "otherwise")
    ConfigurationTemplate.objects.update_or_create(
        vendor=charge_point.vendor, model=charge_point.model, defaults={"values": values}
    )
    MaintenanceWindow.objects.create(
        charge_point=charge_point,
        starts_at=now - timedelta(hours=2),
        ends_at=now - timedelta(hours=1),
        reason=text,
    )
