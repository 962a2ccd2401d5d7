"""A command's arguments as rows may hold them, without passwords, and as pages may show them."""

from chargepoints import key_codes, url_secrets
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.command_types.declaration import Args


def shown_args(type: str, args: Args) -> Args:
    """Arguments as rows may store them; key codes stay until the command has ended."""
    shown: Args = key_codes.shown(stored_args(type, args))
    return shown


def stored_args(type: str, args: Args) -> Args:
    """The same object where nothing in it is secret."""
    stored: Args = url_secrets.hidden(COMMAND_TYPES[type].redacted(args))
    return stored
