"""Removes passwords from the arguments of commands, before they are stored after sending."""

from typing import Any

from chargepoints.key_codes import REDACTED
from chargepoints.protocol.versions import installed_versions
from chargepoints.secret_names import is_secret
from chargepoints.services.commands.command_types.declaration import Args

# The networks in a network profile.
NETWORKS = ("apn", "vpn")
NETWORK_SECRETS = frozenset({"apn_password", "sim_pin", "password", "key"})


def without_secret_value(args: Args) -> Args:
    return args | {"value": REDACTED} if _is_secret(args.get("key")) else args


def without_secret_values(args: Args) -> Args:
    variables: list[Args] = args["variables"]
    if not any(_is_secret(each["variable"]) for each in variables):
        return args
    shown = [
        each | {"value": REDACTED} if _is_secret(each["variable"]) else each for each in variables
    ]
    return args | {"variables": shown}


def without_credentials(args: Args) -> Args:
    shown: Args = {name: _without_secrets(args[name]) for name in NETWORKS if name in args}
    if "basic_auth_password" in args:
        shown["basic_auth_password"] = REDACTED
    return args | shown if shown else args


def without_secrets_of_any_version(args: Args) -> Args:
    """Redact for all versions, because the charger's version may not be known yet."""
    given = args.get("payload")
    if not isinstance(given, dict):
        return args
    payload: Args = given
    for version in installed_versions().values():
        payload = version.redacted_request(args["action"], payload)
    return args if payload is given else args | {"payload": payload}


def _without_secrets(network: Args) -> Args:
    return {name: REDACTED if name in NETWORK_SECRETS else each for name, each in network.items()}


def _is_secret(name: Any) -> bool:
    """A key of 1.6, or `Component.Variable`."""
    return is_secret(str(name).rpartition(".")[2].partition("[")[0])
