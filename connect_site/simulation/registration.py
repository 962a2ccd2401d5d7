"""Registers the simulated chargers, many at once, each with a new key."""

import secrets
from collections.abc import Iterator, Sequence

from django.db import transaction

from chargepoints.models import ChargePoint, ChargePointCounters, Credential, IdToken
from chargepoints.protocol.simulated_messages import ID_TAG

AT_ONCE = 500
SITE = "Simulation"


def register(identities: Sequence[str]) -> dict[str, str]:
    """Register the unknown ones; give all of them new keys, and return these."""
    keys = {identity: secrets.token_hex(20) for identity in identities}
    IdToken.objects.get_or_create(value=ID_TAG, type="", source=IdToken.Source.OWN)
    for portion in _portions(identities):
        with transaction.atomic():
            _register(portion, keys)
    return keys


def _register(identities: Sequence[str], keys: dict[str, str]) -> None:
    known = set(
        ChargePoint.objects.filter(identity__in=identities).values_list("identity", flat=True)
    )
    new = [ChargePoint(identity=each, site=SITE) for each in identities if each not in known]
    ChargePoint.objects.bulk_create(new)
    rows = list(ChargePoint.objects.filter(identity__in=identities))
    ChargePointCounters.objects.bulk_create(
        [ChargePointCounters(charge_point=row) for row in rows if row.identity not in known]
    )
    Credential.objects.filter(charge_point__in=rows).delete()
    Credential.objects.bulk_create(
        [Credential.for_key(row, keys[row.identity].encode()) for row in rows]
    )


def _portions(identities: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(identities), AT_ONCE):
        yield identities[start : start + AT_ONCE]
