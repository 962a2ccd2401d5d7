"""Removes secrets from traces and events: passwords, and the key codes of drivers.

Passwords are removed from all other rows, too.
"""

from typing import Any

from chargepoints import key_codes, secret_names
from chargepoints.key_codes import REDACTED
from chargepoints.protocol import spelling
from chargepoints.protocol.versions import Payload

# Messages that contain variables with their values, from either side.
REQUESTS = frozenset({"SetVariables"})
ANSWERS = frozenset({"GetVariables"})
# In lower case: the gateway accepts actions in any case.
NOTICES = frozenset({"notifyreport", "notifyevent"})
NETWORK_SECRETS = frozenset({"apnPassword", "key", "password", "simPin"})
# Fields of messages that contain tokens.
TOKENS = frozenset({"idToken", "groupIdToken", "localAuthorizationList"})
# Compared without case and separators (`spelling.bare`).
VALUES = frozenset({"value", "attributevalue", "actualvalue"})


def is_secret(data: Any) -> bool:
    """Whether this entry is about a variable with a secret value."""
    return secret_names.is_secret(_name(data))


def is_password(data: Any) -> bool:
    """Whether this entry is about the password with which the station connects."""
    return secret_names.is_ours(_name(data))


def _name(data: Any) -> str:
    variable = _spelled(data, "variable")
    # Some stations send the name instead of an object.
    return str(_spelled(variable, "name") if isinstance(variable, dict) else variable)


def _spelled(data: Any, name: str) -> Any:
    if not isinstance(data, dict):
        return None
    return data.get(name) or next(
        (data[said] for said in data if spelling.bare(said) == name), None
    )


def password_in(action: str, payload: Payload) -> str:
    variables = payload.get("setVariableData") if action in REQUESTS else None
    given = list(filter(is_password, variables)) if isinstance(variables, list) else []
    return str(given[0].get("attributeValue", "")) if given else ""


def redacted_request(action: str, payload: Any) -> Any:
    if action == "SetNetworkProfile":
        return _without_credentials(payload)
    return without_secrets(payload) if action in REQUESTS else payload


def redacted_answer(action: str, payload: Any) -> Any:
    return without_secrets(payload) if action in ANSWERS else payload


def redacted_call(action: str, payload: Any) -> Any:
    return without_secrets(payload) if action.lower() in NOTICES else payload


def redacted_for_trace(action: str, payload: Any) -> Any:
    """C04.FR.04: the payload without key codes; most messages contain no token."""
    if isinstance(payload, dict) and TOKENS.isdisjoint(payload):
        return payload
    return key_codes.shown(payload)


def without_secrets(data: Any, *, secret: bool = False) -> Any:
    """The same object if it contains no secret; `data` may have any structure."""
    if isinstance(data, list):
        shown = [without_secrets(each, secret=secret) for each in data]
        return shown if any(a is not b for a, b in zip(shown, data, strict=True)) else data
    if not isinstance(data, dict):
        return data
    secret = secret or is_secret(data)
    changed = {
        name: value
        for name, each in data.items()
        if (value := _shown(name, each, secret=secret)) is not each
    }
    return data | changed if changed else data


def _shown(name: str, value: Any, *, secret: bool) -> Any:
    if secret and value and spelling.bare(name) in VALUES:
        return REDACTED
    return without_secrets(value, secret=secret)


def _without_credentials(payload: Any) -> Any:
    """Remove the passwords, the PIN and the pre-shared key of the mobile network and the VPN."""
    profile = payload.get("connectionData") or {}
    shown: Payload = {
        network: {
            name: REDACTED if name in NETWORK_SECRETS else value
            for name, value in profile[network].items()
        }
        for network in ("apn", "vpn")
        if network in profile
    }
    if "basicAuthPassword" in profile:
        shown |= {"basicAuthPassword": REDACTED}
    return payload | {"connectionData": profile | shown} if shown else payload
