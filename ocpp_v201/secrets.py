"""What no trace or event may hold: passwords, wherever they are said, which no row holds either,
and the key codes of drivers.
"""

from typing import Any

from chargepoints import key_codes, secret_names
from chargepoints.key_codes import REDACTED
from chargepoints.protocol import spelling
from chargepoints.protocol.versions import Payload

# What holds variables together with their values, from either side.
REQUESTS = frozenset({"SetVariables"})
ANSWERS = frozenset({"GetVariables"})
# In lower case: an action in any other is understood too.
NOTICES = frozenset({"notifyreport", "notifyevent"})
NETWORK_SECRETS = frozenset({"apnPassword", "key", "password", "simPin"})
# Where messages of either side name tokens.
TOKENS = frozenset({"idToken", "groupIdToken", "localAuthorizationList"})
# However they are spelled.
VALUES = frozenset({"value", "attributevalue", "actualvalue"})


def is_secret(data: Any) -> bool:
    """Whether this entry is about a variable whose value is secret."""
    return secret_names.is_secret(_name(data))


def is_password(data: Any) -> bool:
    """Whether it is about the password that the station identifies itself with."""
    return secret_names.is_ours(_name(data))


def _name(data: Any) -> str:
    variable = _spelled(data, "variable")
    # Some write the name alone.
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
    """C04.FR.04: without key codes; most messages name no token at all."""
    if isinstance(payload, dict) and TOKENS.isdisjoint(payload):
        return payload
    return key_codes.shown(payload)


def without_secrets(data: Any, *, secret: bool = False) -> Any:
    """The same object where nothing in it is secret; it may have any form."""
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
    """The mobile network's password and PIN, and the VPN's with its pre-shared key."""
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
