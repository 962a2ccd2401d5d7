"""Charge points: finds them, registers them, and sets their keys."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower

from chargepoints import clock
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargePoint, ChargePointCounters, Credential, Registration
from chargepoints.services.stations import quirks

# 1.6 security whitepaper 3.7: an AuthorizationKey has 16 to 20 bytes, sent as hex; 20 bytes
# are 40 hex characters, which is also a 2.0.1 password (A00.FR.205: 16 to 40 characters).
KEY_BYTES = 20

_BY_IDENTITY: PreparedQuery[ChargePoint] = PreparedQuery(
    lambda identity: ChargePoint.objects.filter(identity=identity)
)
_IN_ANY_CASE: PreparedQuery[ChargePoint] = PreparedQuery(
    lambda lowered: ChargePoint.objects.alias(lowered=Lower("identity")).filter(lowered=lowered)
)


def find(identity: str) -> ChargePoint | None:
    """The charge point with this identity; upper and lower case do not matter."""
    return _BY_IDENTITY.first(identity) or _IN_ANY_CASE.first(identity.lower())


def registered_since(row_id: int) -> dict[int, str]:
    """The identities of charge points registered after this row, by the ids of their rows."""
    return dict(ChargePoint.objects.filter(pk__gt=row_id).values_list("pk", "identity"))


def register(identity: str, *, key: str | None = None, **fields: Any) -> ChargePoint:
    """Create a charge point with its counters and its key, if one is given."""
    with transaction.atomic():
        charge_point = ChargePoint(identity=identity, **fields)
        charge_point.full_clean()
        charge_point.save()
        ChargePointCounters.objects.create(charge_point=charge_point)
        if key is not None:
            set_key(charge_point, key)
        if charge_point.assigned_quirks:
            changed(charge_point, "assigned_quirks")
    return charge_point


def new_key() -> str:
    """A random key of 160 bits, as hex."""
    return secrets.token_hex(KEY_BYTES)


def set_key(charge_point: ChargePoint, key: str) -> None:
    """Accept only `key` from now on; an open socket stays open."""
    with transaction.atomic():
        charge_point.credentials.all().delete()
        Credential.for_key(charge_point, key.encode()).save()


def changed(charge_point: ChargePoint, *fields: str) -> None:
    """Save only these fields, and have the charger's open socket read them again.

    The gateway writes other columns at the same time, which a plain save() would overwrite.
    """
    charge_point.settings_changed_at = clock.now()
    if "registration" in fields and charge_point.registration != Registration.ACCEPTED:
        # It is no longer accepted, even if it comes back without a boot.
        stored = ChargePoint.objects.filter(pk=charge_point.pk)
        stored.exclude(registration=charge_point.registration).update(boot_accepted_at=None)
    written = [*fields, "settings_changed_at"]
    if "assigned_quirks" in fields:
        quirks.reassign(charge_point)
        written.append("quirks")
    charge_point.save(update_fields=written)


def expect_security_profile(charge_point_id: int, profile: int) -> None:
    """The charge point accepted a higher profile; its first use makes the lower one invalid."""
    lower = ChargePoint.objects.filter(pk=charge_point_id, security_profile__lt=profile)
    lower.update(next_security_profile=profile)
