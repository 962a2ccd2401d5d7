"""What looks wrong about a command. People may know better: they are warned, and it is sent."""

import re
from collections.abc import Iterator
from typing import Any

from chargepoints.clock import coming_time, now
from chargepoints.models import ChargePoint, Evse, Transaction, Variable
from chargepoints.services.stations import quirks

# Some chargers read no more of a remote token than a card's UID has at most.
SAFE_TOKEN_LENGTH = 16
# Tokens that stand for no card are written as their issuer likes.
CARDS = frozenset({"", "ISO14443", "ISO15693"})
ABOUT_AN_EVSE = frozenset(
    {"start", "unlock", "set_availability", "reserve", "set_charging_profile", "trigger", "reset"}
)


def of(charge_point: ChargePoint, type: str, args: dict[str, Any]) -> list[str]:
    """A sentence for each thing; `args` fit the type's schema."""
    return list(_of(charge_point, type, args))


def _of(charge_point: ChargePoint, type: str, args: dict[str, Any]) -> Iterator[str]:
    if type == "start":
        yield from _about_token(charge_point, args["id_token"])
    if type in ABOUT_AN_EVSE and args.get("evse_id"):
        yield from _about_evse(charge_point, args["evse_id"])
    if type == "stop":
        yield from _about_transaction(charge_point, args["transaction_id"])
    if type == "trigger" and args["message"] == "BootNotification":
        yield from _about_boot(charge_point)
    if type == "reserve":
        yield from _about_end(args["expires_at"])
    if type == "set_configuration":
        yield from _about_key(charge_point, args["key"])


def _about_token(charge_point: ChargePoint, token: dict[str, Any]) -> Iterator[str]:
    value = token["value"]
    longest = quirks.setting(charge_point, "id_token_max_length")
    if longest is not None and len(value) > longest:
        yield f"this charger reads no more than {longest} characters of a remote token"
    elif len(value) > SAFE_TOKEN_LENGTH:
        yield f"some chargers read no more than {SAFE_TOKEN_LENGTH} characters of a remote token"
    if re.fullmatch(r"[0-9A-Fa-f]+", value):
        return
    if quirks.setting(charge_point, "id_token_hex"):
        yield "this charger reads hexadecimal remote tokens only"
    elif (token.get("type") or "") in CARDS:
        yield "some chargers misread remote tokens that are not hexadecimal"


def _about_evse(charge_point: ChargePoint, evse_id: int) -> Iterator[str]:
    known = set(Evse.objects.filter(charge_point=charge_point).values_list("evse_id", flat=True))
    if known and evse_id not in known:
        yield f"it has never told of an EVSE (connector) {evse_id}"


def _about_transaction(charge_point: ChargePoint, transaction_id: str) -> Iterator[str]:
    row = Transaction.objects.filter(
        charge_point=charge_point, transaction_id=transaction_id, superseded=False
    ).first()
    if row is None:
        yield f"no transaction {transaction_id} of it is known"
    elif row.ended_at is not None:
        yield f"its transaction {transaction_id} has ended"


def _about_boot(charge_point: ChargePoint) -> Iterator[str]:
    """1.6 errata 3.40, 2.0.1 F06.FR.17: not until it has connected anew."""
    connection, accepted_at = charge_point.connection, charge_point.boot_accepted_at
    if connection and accepted_at and accepted_at >= connection.opened_at:
        yield "its boot was accepted on this connection: it is to refuse another"


def _about_end(expires_at: str) -> Iterator[str]:
    if (at := coming_time(expires_at)) is not None and at <= now():
        yield "the reservation is over before it begins"


def _about_key(charge_point: ChargePoint, key: str) -> Iterator[str]:
    component, _, name = key.rpartition(".")
    variables = Variable.objects.filter(charge_point=charge_point, read_at__isnull=False)
    named = variables.filter(
        component__iexact=component.partition("[")[0], name__iexact=name.partition("[")[0]
    ).first()
    if named is None and variables.exists():
        yield f"it has never told of {key}"
    elif named is not None and named.mutability == "ReadOnly":
        yield f"it says that {key} cannot be written"
    if quirks.setting(charge_point, "reboots_on_configuration"):
        yield "this charger reboots when a key is written"
