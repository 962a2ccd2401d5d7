"""What a driver types in to be authorized: no log, trace or page shows it (2.0.1 C04.FR.04)."""

from typing import Any

# What stands wherever a secret would.
REDACTED = "(not shown)"
KEY_CODE = "keycode"


def is_key_code(type: object) -> bool:
    """By the token's type, which tolerated chargers write in any case."""
    return isinstance(type, str) and type.lower() == KEY_CODE


def shown_value(value: str, type: str) -> str:
    return REDACTED if value and is_key_code(type) else value


def shown(data: Any) -> Any:
    """Any JSON without the values of key codes; the same object where it holds none."""
    return _shown(data, inside=False)


def _shown(data: Any, *, inside: bool) -> Any:
    if isinstance(data, list):
        items = [_shown(each, inside=inside) for each in data]
        return items if any(a is not b for a, b in zip(items, data, strict=True)) else data
    if not isinstance(data, dict):
        return REDACTED if inside and data is not None else data
    # Whatever more a key code comes with is as secret as itself, but for what it is.
    inside = inside or is_key_code(data.get("type"))
    changed = {
        name: value
        for name, each in data.items()
        if name != "type" and (value := _shown(each, inside=inside)) is not each
    }
    return data | changed if changed else data
