"""Key codes that drivers enter: no log, trace or page may show them (2.0.1 C04.FR.04)."""

from typing import Any

# The replacement for any secret.
REDACTED = "(not shown)"
KEY_CODE = "keycode"


def is_key_code(type: object) -> bool:
    """Whether a token's type is KeyCode; some chargers send it in another case."""
    return isinstance(type, str) and type.lower() == KEY_CODE


def shown_value(value: str, type: str) -> str:
    return REDACTED if value and is_key_code(type) else value


def shown(data: Any) -> Any:
    """The JSON without key codes; the same object if it contains none."""
    return _shown(data, inside=False)


def _shown(data: Any, *, inside: bool) -> Any:
    if isinstance(data, list):
        items = [_shown(each, inside=inside) for each in data]
        return items if any(a is not b for a, b in zip(items, data, strict=True)) else data
    if not isinstance(data, dict):
        return REDACTED if inside and data is not None else data
    # All other fields beside a key code are secret as well, except its type.
    inside = inside or is_key_code(data.get("type"))
    changed = {
        name: value
        for name, each in data.items()
        if name != "type" and (value := _shown(each, inside=inside)) is not each
    }
    return data | changed if changed else data
