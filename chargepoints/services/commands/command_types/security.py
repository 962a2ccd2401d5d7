"""Passwords and certificates."""

from cryptography import x509

from chargepoints.models import ChargePoint, Command
from chargepoints.services.commands.command_types.declaration import (
    COUNT,
    HOUR_S,
    PEM,
    TEXT,
    CommandType,
    JsonSchema,
    arguments,
    several,
)

ROOT_CERTIFICATES = ["csms_root", "manufacturer_root", "mo_root", "oem_root", "v2g_root"]
# Use: the certificate of the charge point itself.
OWN = "charging_station"
CERTIFICATE_HASH: dict[str, JsonSchema] = {
    "hash_algorithm": {"enum": ["SHA256", "SHA384", "SHA512"]},
    "issuer_name_hash": TEXT,
    "issuer_key_hash": TEXT,
    "serial_number": TEXT,
}


def note_expiry(command: Command) -> None:
    """Store when the charge point's own certificate expires; those for cars do not matter here."""
    if command.args.get("use", OWN) != OWN:
        return
    try:
        leaf, *_ = x509.load_pem_x509_certificates(command.args["chain"].encode())
    except ValueError:
        return  # the charge point accepted it anyway
    ChargePoint.objects.filter(pk=command.charge_point_id).update(
        certificate_expires_at=leaf.not_valid_after_utc
    )


TYPES: dict[str, CommandType] = {
    "rotate_password": CommandType(
        "Give the charge point a new password; the old one stays valid until the charge point "
        "accepts the new one or connects with it.",
        arguments(),
        effect_within_s=24 * HOUR_S,
    ),
    "certificate_signed": CommandType(
        "Send the charge point its new certificate, as a PEM chain that starts with the leaf.",
        arguments(
            ("chain",),
            chain=PEM,
            use={"enum": ["charging_station", "v2g", "v2g20"]},
            for_request=COUNT,
        ),
        accepted=note_expiry,
    ),
    "install_certificate": CommandType(
        "Install a root certificate (PEM).",
        arguments(("use", "certificate"), use={"enum": ROOT_CERTIFICATES}, certificate=PEM),
    ),
    "get_certificates": CommandType(
        "List the installed certificates.",
        arguments(uses=several({"enum": [*ROOT_CERTIFICATES, "v2g_chain"]})),
        for_operators=True,
        confirmed=False,
    ),
    "delete_certificate": CommandType(
        "Delete an installed certificate, by its hashes or, if self-signed, by its PEM.",
        arguments(certificate=PEM, **CERTIFICATE_HASH),
    ),
}
