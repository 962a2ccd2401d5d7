"""A command's arguments as rows may hold them, without passwords, and as pages may show them."""

from typing import Any

from chargepoints import key_codes
from chargepoints.key_codes import REDACTED
from chargepoints.protocol.versions import installed_versions
from chargepoints.services.device_model.variables import SECRET_NAMES

Args = dict[str, Any]
# Of a mobile network (`apn`) and a `vpn`, in a network profile.
NETWORKS = ("apn", "vpn")
NETWORK_SECRETS = frozenset({"apn_password", "sim_pin", "password", "key"})


def shown_args(type: str, args: Args) -> Args:
    """As rows may hold them, and without key codes, which are needed until the command is over."""
    shown: Args = key_codes.shown(stored_args(type, args))
    return shown


def stored_args(type: str, args: Args) -> Args:
    """The same object where nothing in it is secret."""
    if type == "raw":
        return _shown_raw(args)
    if type == "set_configuration" and _is_secret(args.get("key")):
        return args | {"value": REDACTED}
    if type == "set_variables" and any(_is_secret(each.get("variable")) for each in _items(args)):
        return args | {
            "variables": [
                each | {"value": REDACTED} if _is_secret(each.get("variable")) else each
                for each in _items(args)
            ]
        }
    if type == "set_network_profile":
        shown = {name: _without_secrets(args[name]) for name in NETWORKS if name in args}
        return args | shown if shown else args
    return args


def _without_secrets(network: Args) -> Args:
    return {name: REDACTED if name in NETWORK_SECRETS else each for name, each in network.items()}


def _shown_raw(args: Args) -> Args:
    """As any of the versions would show it: which one the charger speaks may not be known yet."""
    given = args.get("payload")
    if not isinstance(given, dict):
        return args
    payload: Args = given
    for version in installed_versions().values():
        payload = version.redacted_request(args["action"], payload)
    return args if payload is given else args | {"payload": payload}


def _is_secret(name: Any) -> bool:
    """A key of 1.6, or `Component.Variable`."""
    return str(name).rpartition(".")[2].lower() in SECRET_NAMES


def _items(args: Args) -> list[Args]:
    items: list[Args] = args["variables"]
    return items
