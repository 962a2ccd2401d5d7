"""JSON texts with something wrong in them: at any place of a payload, of any kind."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.fakes.payloads import altered

Payload = dict[str, Any]
Path = tuple[str | int, ...]
PLACE = "\x01place\x01"

# Texts, as some of them are no JSON, and others none that every parser takes.
HOSTILE = [
    "null",
    "true",
    "0",
    "-1",
    "-0.0",
    "1.5",
    "2147483648",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "7" * 4301,
    "1e308",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    '""',
    '" "',
    '"12"',
    '"1e400"',
    '"NaN"',
    '"Unknown"',
    '"' + "x" * 3000 + '"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\u202e=cmd()"',
    '"1970-01-01T00:00:00Z"',
    '"2026-13-45T99:99:99Z"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
    "[]",
    "[[]]",
    "[null]",
    "{}",
    '{"odd":[1]}',
    "[" * 12 + "]" * 12,
    "[" * 2000 + "]" * 2000,
    '{"a":' * 2000 + "1" + "}" * 2000,
    "[" + ",".join("1" * 25_000) + "]",
]


NAMES = ["", " ", "a", "id", "\u00e4\u20ac", "\U0001f50c", "x" * 60, "\x7f", "$ref", "customData"]


def mutated(payload: Payload, spared: frozenset[str] = frozenset()) -> st.SearchStrategy[str]:
    """The payload as a text, with one to three things wrong, and none of them with `spared`."""
    return st.randoms(use_true_random=False).map(lambda rng: mutate(rng, payload, spared))


def mutate(rng: Random, payload: Payload, spared: frozenset[str] = frozenset()) -> str:
    text = json.dumps(payload)
    for _ in range(rng.randint(1, 3)):
        kind = rng.choice(["replaced", "replaced", "dropped", "twice", "extra"])
        paths = [path for path in _paths(payload) if spared.isdisjoint(path)]
        if not paths:
            kind = "extra"
        hostile = rng.choice(HOSTILE)
        if kind in ("twice", "extra"):
            name = rng.choice([*payload, "surprise"] if kind == "twice" else NAMES)
            text = _with_member(text, json.dumps(name), hostile)
        else:
            path = rng.choice(paths)
            payload = altered(payload, path, PLACE, drop=kind == "dropped")
            text = json.dumps(payload).replace(json.dumps(PLACE), hostile)
    return text


def _with_member(text: str, name: str, value: str) -> str:
    """Before the first: where the name comes again, the later one counts."""
    return "{" + f"{name}:{value}" + ("," if text != "{}" else "") + text[1:]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in members:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*path, name))
