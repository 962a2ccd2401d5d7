"""Recognises configuration keys and variables whose values are secret.

By pattern, because vendors have their own: `StationPassword`, `G_CardPin`, `WifiPassword`.
"""

import re
from functools import lru_cache

# 1.6 AuthorizationKey, 2.0.1 SecurityCtrlr.BasicAuthPassword: the charger's password for us.
OURS = frozenset({"authorizationkey", "basicauthpassword"})

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Secret wherever they occur in a name.
_PLAIN = re.compile(
    r"passw(?:or[dt]|d)|passphrase|passcode|secret|credential|private_?key|pre_?shared",
    re.IGNORECASE,
)
# Secret only as a separate word: Ping is no PIN.
_SHORT = frozenset({"pin", "psk", "puk", "pwd"})
# Fields of OCPP messages, not names of variables.
_FIELDS = frozenset({"key", "configurationKey", "unknownKey"})
# Longer names, which chargers may invent, are not cached.
_LONGEST = 255
# `key` as the last word is secret, unless one of the other words is in the name.
_KEYS, _NO_SECRET = frozenset({"key", "keys"}), frozenset({"public", "max", "list"})
_TOKENS = frozenset({"access", "api", "auth", "bearer", "refresh"})


def is_ours(name: object) -> bool:
    """Whether it is the password with which the charge point authenticates itself to us."""
    return str(name).lower() in OURS


def is_secret(name: str) -> bool:
    return _is_known_secret(name) if len(name) <= _LONGEST else _is_secret(name)


def are_in(text: str) -> bool:
    """Whether an unreadable message contains any such name."""
    return any(is_secret(name) for name in set(re.findall(r"\w+", text)) - _FIELDS)


def _is_secret(name: str) -> bool:
    if name.lower() in OURS or _PLAIN.search(name):
        return True
    words = [word.lower() for word in _WORDS.findall(name)]
    if not _SHORT.isdisjoint(words):
        return True
    last, before = (words or [""])[-1], words[:-1]
    if last in _KEYS:
        return _NO_SECRET.isdisjoint(words)
    return last == "pass" or (last == "token" and not _TOKENS.isdisjoint(before))


_is_known_secret = lru_cache(maxsize=4096)(_is_secret)
