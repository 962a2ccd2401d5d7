"""Hides secrets in URLs: tokens of the gateway's file URLs, and `ftp://user:password@`.

Such a URL gives access to a file. Charge points receive it, but rows do not store it.
"""

import re
from typing import Any

from chargepoints.key_codes import REDACTED

_SECRETS = (
    re.compile(r"(/files/(?:firmware|uploads)/)[\w-]{20,}()"),
    re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^/\s:@]{0,255}:)[^/\s@]{1,255}(@)"),
)


def hidden(data: Any) -> Any:
    """The JSON without these secrets; the same object if it contains none."""
    if isinstance(data, str):
        return _hidden_text(data)
    if isinstance(data, list):
        items = [hidden(each) for each in data]
        return items if any(a is not b for a, b in zip(items, data, strict=True)) else data
    if isinstance(data, dict):
        changed = {
            name: value for name, each in data.items() if (value := hidden(each)) is not each
        }
        return data | changed if changed else data
    return data


def _hidden_text(text: str) -> str:
    if "://" not in text:
        return text
    clear = text
    for pattern in _SECRETS:
        clear = pattern.sub(rf"\1{REDACTED}\2", clear)
    return text if clear == text else clear
