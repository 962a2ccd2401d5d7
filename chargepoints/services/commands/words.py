"""The words of commands as a version of OCPP spells them."""

from chargepoints.services.commands.submission import CommandRefused


class Words(dict[str, str]):
    """By the neutral word; a word that this version lacks refuses the command that uses it."""

    def __missing__(self, word: str) -> str:
        raise CommandRefused("not_supported", f"this version of OCPP has no word for {word!r}")
