"""Neutral names of values, and the values of OCPP that a version has for them."""

from chargepoints.services.commands.submission import CommandRefused


class OcppValues(dict[str, str]):
    """Neutral name -> OCPP value; a command that uses an unknown name is refused."""

    def __missing__(self, name: str) -> str:
        raise CommandRefused("not_supported", f"this version of OCPP does not have {name!r}")
