"""Words and names of a schema that are spelled in another case, or with other signs in them."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

_SIGNS = re.compile(r"[^0-9a-z]+")

# No word or field of a schema is as long; what chargers say may be, and is not remembered.
_LONGEST = 100

# Units are read in any case, but kept as they were written: mW is no MW.
_KEPT = frozenset({"unit"})
# What holds key codes is looked for under these names alone, before a payload is put right.
_HIDDEN_BY_NAME = frozenset({"groupIdToken", "idToken", "localAuthorizationList"})


def word(said: object, words: Iterable[object], name: str) -> str | None:
    """The one of a field's words that this can only mean: `charging`, `Suspended EVSE`."""
    if not isinstance(said, str) or name in _KEPT:
        return None
    return _found(said, tuple(each for each in words if isinstance(each, str)))


def names(schema: Any) -> tuple[str, ...]:
    """The names of all fields of a schema that may be put right."""
    return tuple(sorted(set(_fields(schema)) - _HIDDEN_BY_NAME))


def name(said: str, known: tuple[str, ...]) -> str | None:
    """The field that this can only mean: `IdTag`, `connector_id`."""
    return _found(said, known)


def _found(said: str, words: tuple[str, ...]) -> str | None:
    return _by_bare(words).get(bare(said))


@cache
def _by_bare(words: tuple[str, ...]) -> dict[str, str]:
    """The words of a schema by what their spellings have in common, where that is one's alone."""
    bared = [bare(each) for each in words]
    found = zip(bared, words, strict=True)
    return {key: each for key, each in found if key and bared.count(key) == 1}


def bare(text: str) -> str:
    """What two spellings of one word have in common."""
    return _bare(text) if len(text) <= _LONGEST else text


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    return _SIGNS.sub("", text.lower())


def _fields(schema: Any) -> Iterable[str]:
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties
    for child in schema.values():
        yield from _fields(child)
