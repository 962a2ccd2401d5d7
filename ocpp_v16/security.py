"""Security (whitepaper, A01, A02, A04): events, the charge point's certificate, its password."""

from typing import Any

from chargepoints import secret_names
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.key_codes import REDACTED
from chargepoints.models import ChargePoint, Command
from chargepoints.protocol import spelling
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from chargepoints.services.commands import submission
from chargepoints.services.stations import registry, security_events
from core_link import signing_requests

AUTHORIZATION_KEY = "AuthorizationKey"

# The type of a security event that contains none.
UNKNOWN = "unknown"


def security_event(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    security_events.record(
        inbound, payload.get("type") or UNKNOWN, moment, payload.get("techInfo") or ""
    )
    return {}


async def ask_for_chain(inbound: Inbound) -> str | None:
    csr = inbound.payload["csr"]
    return await signing_requests.chain_for(inbound, csr, signing_requests.CHARGING_STATION)


def sign_certificate(inbound: Inbound, chain: str | None) -> Payload:
    """A02: Accepted means that it will be signed; the certificate follows as a command."""
    use = signing_requests.CHARGING_STATION
    inbound.emit("certificate.requested", {"use": use, "signed": chain is not None})
    if chain is None:
        return {"status": "Rejected"}
    submission.submit(
        ChargePoint.objects.get(pk=inbound.station.id),
        "certificate_signed",
        {"chain": chain, "use": use},
        requested_by="gateway",
    )
    return {"status": "Accepted"}


def rotate_password(unit: UnitOfWork, command: Command) -> Payload:
    # A00.FR.205: 16 to 20 bytes, sent as hex; the keys of the gateway have this form.
    return {"key": AUTHORIZATION_KEY, "value": registry.new_key()}


def is_password(payload: Payload) -> bool:
    """Whether the payload is about the password of the charge point."""
    return secret_names.is_ours(payload.get("key", ""))


def password_in(action: str, payload: Payload) -> str:
    given = action == "ChangeConfiguration" and is_password(payload)
    return str(payload.get("value", "")) if given else ""


def redacted_request(action: str, payload: Payload) -> Payload:
    """The request without a password, for the trace and the database."""
    if action == "ChangeConfiguration" and _shows_secret(payload):
        return payload | {"value": REDACTED}
    return payload


def redacted_answer(action: str, payload: Any) -> Any:
    """The answer without secret keys, which some chargers return in clear text."""
    return _without_secrets(payload) if action == "GetConfiguration" else payload


def _without_secrets(data: Any) -> Any:
    """The same object if it contains no secret; names may be spelled differently."""
    if isinstance(data, list):
        shown = [_without_secrets(each) for each in data]
        return shown if any(a is not b for a, b in zip(shown, data, strict=True)) else data
    if not isinstance(data, dict):
        return data
    bare = {name: spelling.bare(name) for name in data}
    if any(bare[name] == "key" and secret_names.is_secret(str(data[name])) for name in data):
        hidden = {name: REDACTED for name in data if bare[name] == "value" and data[name]}
        return data | hidden if hidden else data
    changed = {
        name: value for name, each in data.items() if (value := _without_secrets(each)) is not each
    }
    return data | changed if changed else data


def _shows_secret(entry: Any) -> bool:
    if not isinstance(entry, dict) or not entry.get("value"):
        return False
    return secret_names.is_secret(str(entry.get("key", "")))


BLOCK = Block(
    handlers={
        "SecurityEventNotification": Handler(
            # Stations send a security event again and again until it is accepted.
            security_event,
            dispensable=frozenset({"timestamp", "type"}),
        ),
        "SignCertificate": Handler(sign_certificate, decide=ask_for_chain),
    },
    commands={
        "rotate_password": CommandTranslation("ChangeConfiguration", rotate_password),
    },
)
