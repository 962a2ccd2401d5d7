"""What a quirk profile may set, and what the gateway does about it."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class Setting:
    """`lowest` and `highest` bound numbers; `choices` are all values there are."""

    kind: type
    meaning: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()

    def fault(self, value: Any) -> str:
        """What is wrong with a value; empty where nothing is."""
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
            return f"{self.lowest} at least"
        if self.highest is not None and value > self.highest:
            return f"{self.highest} at most"
        return ""


SETTINGS: dict[str, Setting] = {
    "reply_delay_ms": Setting(
        int, "wait before each reply: one that comes too fast is missed", 0, 5000
    ),
    "call_timeout_s": Setting(int, "it answers as late as this: wait so long at least", 1, 600),
    "ping_interval_s": Setting(int, "ping it after so much silence", 5, 3600),
    "answers_pings": Setting(bool, "false: three heartbeats of silence are no sign of death"),
    "reconnects_after_close": Setting(
        bool, "false: after a close frame it never comes back, so that its socket is dropped"
    ),
    "compression": Setting(
        bool, "whether it may compress what it sends (RFC 7692), whatever its version says of it"
    ),
    "charging_rate_unit": Setting(
        str, "the only unit of charging profiles it understands", choices=("A", "W")
    ),
    "limit_factor": Setting(
        float, "its limits in charging profiles are so many times too large", 0.001, 1000
    ),
    "stack_level": Setting(int, "the only stack level it knows", 0, 100),
    "ignores_connector_0": Setting(
        bool, "true: a charging profile for all connectors is sent to each of them"
    ),
    "verify_profiles": Setting(
        bool,
        "true: after a charging profile, ask what it makes of it",
    ),
    "id_token_max_length": Setting(int, "it reads no more characters of a remote token", 1, 255),
    "id_token_hex": Setting(bool, "true: it reads hexadecimal remote tokens only"),
    "file_transfer": Setting(
        str, "the only way it transfers files, whatever it announces", choices=("http", "ftp")
    ),
    "reboots_on_configuration": Setting(bool, "true: it reboots when a key is written"),
}


def check(settings: Any) -> None:
    """Raises ValidationError where a profile's settings cannot be applied."""
    if not isinstance(settings, dict):
        raise ValidationError("an object with settings")
    for name, value in settings.items():
        if name not in SETTINGS:
            raise ValidationError(f"{name}: there is no such setting")
        if fault := SETTINGS[name].fault(value):
            raise ValidationError(f"{name}: {fault}")
