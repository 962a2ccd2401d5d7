"""Authenticates a charger by its security profile. Security whitepaper 3, 2.0.1 A00."""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from chargepoints import clock
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.gateway import tls
from chargepoints.gateway.handshake import IDENTITY_IN_USER_NAME, Refused, Request
from chargepoints.models import ChargePoint, Credential
from chargepoints.services.stations import passwords

_USED = "UPDATE chargepoints_credential SET used_at = %s WHERE id = %s"
_RENEWED = "UPDATE chargepoints_credential SET pepper = %s, salt = %s, digest = %s WHERE id = %s"
_CREDENTIALS: PreparedQuery[Credential] = PreparedQuery(
    lambda charge_point_id: Credential.objects.filter(charge_point_id=charge_point_id)
)
LINE_END = b"\r\n\x00"
_NO_CREDENTIAL = Credential(salt=bytes(16), digest=bytes(32))


def authenticate(
    unit: UnitOfWork, charge_point: ChargePoint, request: Request, deviations: list[str]
) -> Refused | None:
    """Check against its security profile, or the higher one that it was told to switch to.

    Security whitepaper A05.FR.08 and FR.09: it may fall back until it has used the new profile.
    """
    if charge_point.strict and IDENTITY_IN_USER_NAME in deviations:
        return Refused(404, "invalid_identity", "The URL must end in the charger's identity.")
    higher = charge_point.next_security_profile
    if higher is not None and _fits(unit, charge_point, higher, request, deviations) is None:
        ChargePoint.objects.filter(pk=charge_point.pk).update(
            security_profile=higher, next_security_profile=None
        )
        return None
    return _fits(unit, charge_point, charge_point.security_profile, request, deviations)


def spend_the_same_time(request: Request) -> None:
    """Take as long as for a known charger, so that the time does not reveal known identities."""
    _NO_CREDENTIAL.matches(request.authorization or b"")


def _fits(
    unit: UnitOfWork,
    charge_point: ChargePoint,
    profile: int,
    request: Request,
    deviations: list[str],
) -> Refused | None:
    if profile == 0:
        return None
    if lacking := tls.missing(profile, request.secured, charge_point):
        return Refused(401, *lacking)
    if profile >= tls.CERTIFICATE_FROM:
        # A00.FR.401: the certificate replaces the password.
        return None
    return _password_fits(unit, charge_point, request, deviations)


def _password_fits(
    unit: UnitOfWork, charge_point: ChargePoint, request: Request, deviations: list[str]
) -> Refused | None:
    if request.authorization is None:
        return Refused(401, "no_credentials", "Set the key in the charger: it sent none.")
    user, key = _user_and_key(request.authorization, charge_point.identity)
    own = charge_point.identity.lower().encode()
    if user.lower() != own:
        # A00.FR.204: the user name is the identity of the charging station.
        encoded = not charge_point.strict and unquote_to_bytes(user).lower() == own
        if charge_point.check_user_name and not encoded:
            return Refused(401, "wrong_user", "The user name must be the charger's identity.")
        deviations.append("other_user_name")
    credentials = _CREDENTIALS.all(charge_point.pk)
    if _one_fits(unit, credentials, key):
        return None
    for deviation, meant in _in_other_forms(key) if not charge_point.strict else ():
        if meant != key and _one_fits(unit, credentials, meant):
            deviations.append(deviation)
            return None
    return Refused(401, "wrong_key", "Set the charger's key anew, in the charger and here.")


def _one_fits(unit: UnitOfWork, credentials: Sequence[Credential], key: bytes) -> bool:
    candidates = _forms(key)
    for credential in credentials:
        fitting = [candidate for candidate in candidates if credential.matches(candidate)]
        if fitting:
            if credential.pepper != credential.name_of_pepper():
                _renew(unit, credential, fitting[0])
            if credential.used_at is None:
                unit.update(_USED, (clock.now(), credential.pk))
                passwords.used(unit, credential, alone=len(credentials) == 1)
            return True
    return False


def _in_other_forms(key: bytes) -> Iterator[tuple[str, bytes]]:
    """The keys that may have been meant, if the charger changed the form of its key."""
    # `echo` and text editors append a line end, which was entered as part of the key.
    yield "key_with_line_end", key.rstrip(LINE_END)
    # The charger did not decode the user information of its URL.
    yield "key_percent_encoded", unquote_to_bytes(key)
    try:
        key.decode()
    except UnicodeDecodeError:
        # RFC 7617: clients that predate UTF-8 send their own encoding.
        yield "key_in_latin_1", key.decode("latin1").encode()


def _renew(unit: UnitOfWork, credential: Credential, key: bytes) -> None:
    """Store the key with the current pepper, which has changed since the key was stored."""
    credential.renew(key)
    renewed = (credential.pepper, credential.salt, credential.digest)
    unit.update(_RENEWED, (*renewed, credential.pk))


def _user_and_key(authorization: bytes, identity: str) -> tuple[bytes, bytes]:
    """Split at the colon after the known identity: identities and keys may contain colons."""
    prefix = identity.encode() + b":"
    if authorization[: len(prefix)].lower() == prefix.lower():
        return authorization[: len(prefix) - 1], authorization[len(prefix) :]
    user, _, key = authorization.partition(b":")
    return user, key


def _forms(key: bytes) -> set[bytes]:
    """The key as received, decoded from hex, and encoded as hex in lower and upper case."""
    try:
        raw = bytes.fromhex(key.decode("ascii"))
    except ValueError:
        raw = key
    spelled = {each.hex() for each in (key, raw)}
    return {key, raw, *(text.encode() for each in spelled for text in (each, each.upper()))}
