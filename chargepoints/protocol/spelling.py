"""Recognises values and field names of a schema in another case, or with other separators."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

_SIGNS = re.compile(r"[^0-9a-z]+")

# No value or field name of a schema is longer; longer texts of chargers are not cached.
_LONGEST = 100

# Units are read in any case, but stored as sent: mW is not MW.
_KEPT = frozenset({"unit"})
# Redaction of key codes finds these fields by exact name, before a payload is repaired.
_HIDDEN_BY_NAME = frozenset({"groupIdToken", "idToken", "localAuthorizationList"})

# Other words that stations use for the values of a field.
_OTHER_WORDS = {
    "eventType": {
        **dict.fromkeys(("start", "begin", "transactionstart", "transactionstarted"), "Started"),
        **dict.fromkeys(("update", "transactionupdate", "transactionupdated"), "Updated"),
        **dict.fromkeys(("end", "stop", "stopped", "finish", "finished"), "Ended"),
        **dict.fromkeys(("transactionend", "transactionended", "transactionstopped"), "Ended"),
    },
}

# Lists, which OCPP names in the singular. Not names in general: redaction does not know plurals.
_LISTS = (
    "configurationKey",
    "getVariableResult",
    "meterValue",
    "sampledValue",
    "setVariableResult",
    "unknownKey",
)
# Fields that another version of OCPP names otherwise, and lists in the plural.
_OTHER_NAMES = {"status": "connectorStatus", "connectorstatus": "status"}
_OTHER_NAMES |= {f"{each.lower()}s": each for each in _LISTS}


def word(sent: object, words: Iterable[object], name: str) -> str | None:
    """The only enumeration value that this can mean: `charging`, `Suspended EVSE`."""
    if not isinstance(sent, str) or name in _KEPT:
        return None
    known = tuple(each for each in words if isinstance(each, str))
    found = _found(sent, known) or _OTHER_WORDS.get(name, {}).get(bare(sent))
    return found if found in known else None


def names(schema: Any) -> tuple[str, ...]:
    """All field names of a schema whose spelling may be corrected."""
    return tuple(sorted(set(_fields(schema)) - _HIDDEN_BY_NAME))


def name(sent: str, known: tuple[str, ...]) -> str | None:
    """The only field that this can mean: `IdTag`, `connector_id`."""
    key = bare(sent)
    if found := _by_bare(known).get(key):
        return found
    other = _OTHER_NAMES.get(key)
    return other if other in known else None


def _found(sent: str, words: tuple[str, ...]) -> str | None:
    return _by_bare(words).get(bare(sent))


@cache
def _by_bare(words: tuple[str, ...]) -> dict[str, str]:
    """The schema's words by their bare spelling, without those that share it."""
    bared = [bare(each) for each in words]
    found = zip(bared, words, strict=True)
    return {key: each for key, each in found if key and bared.count(key) == 1}


def bare(text: str) -> str:
    """A word in lower case without separators, so that its spellings are equal."""
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
