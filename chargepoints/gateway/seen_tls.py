"""Stores at the handshake how a charge point's connection is secured, if that has changed."""

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.extensions import ExtensionNotFound

from chargepoints.database.prepared import PreparedQuery
from chargepoints.gateway.tls import Secured
from chargepoints.models import SeenTls
from chargepoints.protocol.inbound import clip

# When a whole fleet reconnects, only changes are written.
NOTED_AGAIN_AFTER = timedelta(hours=1)

_KNOWN: PreparedQuery[SeenTls] = PreparedQuery(
    lambda charge_point_id: SeenTls.objects.filter(charge_point_id=charge_point_id)
)


def note(charge_point_id: int, secured: Secured, now: datetime) -> None:
    if not secured.by_tls:
        return
    seen = {"version": secured.version, "suite": secured.suite, **_of(secured.certificate)}
    known = _KNOWN.first(charge_point_id)
    if (
        known is not None
        and now - known.at < NOTED_AGAIN_AFTER
        and all(getattr(known, name) == value for name, value in seen.items())
    ):
        return
    row = SeenTls(charge_point_id=charge_point_id, at=now, **seen)
    SeenTls.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["charge_point"],
        update_fields=["at", *seen],
    )


def _of(certificate: x509.Certificate | None) -> dict[str, Any]:
    if certificate is None:
        return {
            "certificate_serial": "",
            "certificate_subject": "",
            "certificate_issuer": "",
            "certificate_expires_at": None,
            "issuer_key": "",
        }
    return {
        "certificate_serial": f"{certificate.serial_number:x}"[:40],
        "certificate_subject": clip(certificate.subject.rfc4514_string(), 255),
        "certificate_issuer": clip(certificate.issuer.rfc4514_string(), 255),
        "certificate_expires_at": certificate.not_valid_after_utc,
        "issuer_key": _issuer_key(certificate),
    }


def _issuer_key(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (ExtensionNotFound, ValueError):
        return ""
    return (found.value.key_identifier or b"").hex()[:64]
