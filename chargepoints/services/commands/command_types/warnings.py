"""Warnings about a command whose arguments match its schema, one sentence each."""

import re
from collections.abc import Iterator

from chargepoints.clock import coming_time, now
from chargepoints.models import ChargePoint, Evse, Transaction, Variable
from chargepoints.services.commands.command_types.declaration import Args
from chargepoints.services.stations import quirks

# The longest UID of a card; some chargers cut longer remote tokens.
SAFE_TOKEN_LENGTH = 16
# Types with a card's UID; the issuer chooses the form of all other tokens.
CARDS = frozenset({"", "ISO14443", "ISO15693"})


def about_token(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    token = args["id_token"]
    value = token["value"]
    longest = quirks.setting(charge_point, "id_token_max_length")
    if longest is not None and len(value) > longest:
        yield f"this charger reads only the first {longest} characters of a remote token"
    elif len(value) > SAFE_TOKEN_LENGTH:
        yield f"some chargers read only the first {SAFE_TOKEN_LENGTH} characters of a remote token"
    if re.fullmatch(r"[0-9A-Fa-f]+", value):
        return
    if quirks.setting(charge_point, "id_token_hex"):
        yield "this charger reads only hexadecimal remote tokens"
    elif (token.get("type") or "") in CARDS:
        yield "some chargers misread remote tokens that are not hexadecimal"


def about_evse(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    if not (evse_id := args.get("evse_id")):
        return
    known = set(Evse.objects.filter(charge_point=charge_point).values_list("evse_id", flat=True))
    if known and evse_id not in known:
        yield f"the charge point has never reported an EVSE (connector) {evse_id}"


def about_open_transaction(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    if not (evse_id := args.get("evse_id")):
        return
    charging = Transaction.objects.filter(charge_point=charge_point, evse_id=evse_id, ended_at=None)
    if (row := charging.first()) is not None:
        yield f"transaction {row.transaction_id} is open on this EVSE"


def about_transaction(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    transaction_id = args["transaction_id"]
    row = Transaction.objects.filter(
        charge_point=charge_point, transaction_id=transaction_id, superseded=False
    ).first()
    if row is None:
        yield f"the charge point has no known transaction {transaction_id}"
    elif row.ended_at is not None:
        yield f"transaction {transaction_id} has ended"


def about_boot(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    """1.6 errata 3.40, 2.0.1 F06.FR.17: only after the charge point has connected again."""
    if args["message"] != "BootNotification":
        return
    connection, accepted_at = charge_point.connection, charge_point.boot_accepted_at
    if connection and accepted_at and accepted_at >= connection.opened_at:
        yield "its boot was accepted on this connection, so it has to reject this request"


def about_end(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    if (at := coming_time(args["expires_at"])) is not None and at <= now():
        yield "the reservation's end is in the past"


def about_key(charge_point: ChargePoint, args: Args) -> Iterator[str]:
    key = args["key"]
    component, _, name = key.rpartition(".")
    variables = Variable.objects.filter(charge_point=charge_point, read_at__isnull=False)
    named = variables.filter(
        component__iexact=component.partition("[")[0], name__iexact=name.partition("[")[0]
    ).first()
    if named is None and variables.exists():
        yield f"the charge point has never reported {key}"
    elif named is not None and named.mutability == "ReadOnly":
        yield f"the charge point reports {key} as read-only"
    if quirks.setting(charge_point, "reboots_on_configuration"):
        yield "this charger reboots when a key is written"
