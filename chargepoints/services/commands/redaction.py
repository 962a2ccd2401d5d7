"""A command's arguments without passwords for the database, and without key codes for pages."""

from chargepoints import key_codes, url_secrets
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.command_types.declaration import Args


def shown_args(type: str, args: Args) -> Args:
    """Arguments for pages and the API: also without key codes."""
    shown: Args = key_codes.shown(stored_args(type, args))
    return shown


def stored_args(type: str, args: Args) -> Args:
    """Arguments for the database; the same object if there is no secret."""
    stored: Args = url_secrets.hidden(COMMAND_TYPES[type].redacted(args))
    return stored
