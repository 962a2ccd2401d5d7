"""The settings of a quirk profile, and what the gateway does for each."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class Setting:
    """`lowest` and `highest` limit numbers; `choices` are all allowed values."""

    kind: type
    meaning: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()

    def fault(self, value: Any) -> str:
        """What is wrong with a value; empty if it is valid."""
        if isinstance(value, bool) != (self.kind is bool):
            return self.kind.__name__
        if self.kind in (int, float):
            return self._out_of_bounds(value)
        if not isinstance(value, self.kind):
            return self.kind.__name__
        if self.choices and value not in self.choices:
            return " or ".join(self.choices)
        return ""

    def _out_of_bounds(self, value: Any) -> str:
        if not isinstance(value, int) and (self.kind is int or not isinstance(value, float)):
            return self.kind.__name__
        if self.lowest is not None and value < self.lowest:
            return f"must be at least {self.lowest}"
        if self.highest is not None and value > self.highest:
            return f"must be at most {self.highest}"
        return ""


SETTINGS: dict[str, Setting] = {
    "reply_delay_ms": Setting(
        int, "wait before each reply, because the charger misses fast replies", 0, 5000
    ),
    "call_timeout_s": Setting(int, "wait at least this long for the charger's answers", 1, 600),
    "ping_interval_s": Setting(int, "send a ping after this many seconds of silence", 5, 3600),
    "answers_pings": Setting(
        bool, "false: wait for three heartbeats, instead of a pong, before closing the socket"
    ),
    "reconnects_after_close": Setting(
        bool, "false: drop the socket, because the charger never reconnects after a close frame"
    ),
    "compression": Setting(
        bool, "whether it may compress messages (RFC 7692), whatever its version of OCPP requires"
    ),
    "charging_rate_unit": Setting(
        str, "the only unit that it understands in charging profiles", choices=("A", "W")
    ),
    "limit_factor": Setting(
        float, "it applies limits of charging profiles this many times too large", 0.001, 1000
    ),
    "stack_level": Setting(int, "the only stack level that it supports", 0, 100),
    "ignores_connector_0": Setting(
        bool, "true: send a charging profile for connector 0 to each connector"
    ),
    "verify_profiles": Setting(
        bool,
        "true: after each charging profile, request the composite schedule to verify it",
    ),
    "id_token_max_length": Setting(int, "it cuts remote tokens to this many characters", 1, 255),
    "id_token_hex": Setting(bool, "true: it reads only hexadecimal remote tokens"),
    "file_transfer": Setting(
        str, "the only protocol for files that works, whatever it reports", choices=("http", "ftp")
    ),
    "reboots_on_configuration": Setting(bool, "true: it reboots when a key is written"),
}


def check(settings: Any) -> None:
    """Raises ValidationError if the settings of a profile are invalid."""
    if not isinstance(settings, dict):
        raise ValidationError("must be an object with settings")
    for name, value in settings.items():
        if name not in SETTINGS:
            raise ValidationError(f"{name}: unknown setting")
        if fault := SETTINGS[name].fault(value):
            raise ValidationError(f"{name}: {fault}")
