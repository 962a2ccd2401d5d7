"""Reads the defective JSON that some chargers send, if it has only one possible meaning.

It is used after the ordinary parser has failed. Tolerated: raw control characters in strings,
a missing value (`"transactionId":,`), superfluous commas, single quotes, names and words
without quotes, NaN, numbers that no double can represent, lone surrogates, and a truncated
text. Rejected as ambiguous: a quote inside a string, an unknown escape.

Existing libraries either guess (json-repair), are too slow for hostile text, or accept only
some of this (json5). Here `most_values` and `deepest` limit time and memory.
"""

import json
import re
from typing import Any, NamedTuple

LARGEST = 1.7976931348623157e308
# Up to this many digits a number is read as an integer, as orjson does.
LONGEST_INTEGER = 20
# The range of integers that orjson reads and writes.
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**64 - 1

_SPACE = re.compile(r"[\s\x00\ufeff]*")
_STRINGS = {
    '"': re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
    "'": re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL),
}
_IN_SINGLE_QUOTES = re.compile(r"\\.|\"", re.DOTALL)
_BRACKETS = re.compile(r"""[\[\]{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_INSIDE = {"[": 1, "{": 1, "]": -1, "}": -1}
_WORD = re.compile(r"[\w.+-]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_ZEROS_FIRST = re.compile(r"[+-]?0[0-9]")
_TRUTH = {"true": True, "false": False}
_NOTHING = frozenset({"null", "none", "undefined", "nan", "inf", "infinity"})
# Made once: `json.loads(strict=False)` makes a decoder for every string.
_LENIENT = json.JSONDecoder(strict=False)
# Stands for a missing value.
_HOLE = object()
# Stands for a value that is truncated.
_CUT = object()


class UnreadableError(ValueError):
    """The text has no meaning, has several possible meanings, or is too large."""


class TooMuchError(UnreadableError):
    """The text has too many values, or is nested too deep."""


class Reading(NamedTuple):
    """A list or object, its end in the text, and whether the text was truncated."""

    value: Any
    end: int
    cut: bool


def read(
    text: str, start: int = 0, *, most_values: int, deepest: int, without_deeper: bool = False
) -> Reading:
    """The list or object that begins at `start`. Raises UnreadableError.

    `without_deeper`: values that are nested too deep are left out instead of raising an error.

    If the text is truncated, the outermost object keeps its complete members, and its lists their
    complete entries: a truncated value could be misread.
    """
    reader = _Reader(text, start, most_values, deepest)
    reader.without_deeper = without_deeper
    if reader.next_sign() not in ("[", "{"):
        raise UnreadableError("neither a list nor an object")
    value = reader.value(1)
    return Reading(value, reader.at, reader.cut)


class _Reader:
    def __init__(self, text: str, start: int, most_values: int, deepest: int) -> None:
        self.text = text
        self.at = start
        self.left = most_values
        self.deepest = deepest
        self.without_deeper = False
        self.cut = False

    def next_sign(self) -> str:
        """The next character that is not white space; empty at the end."""
        # The pattern matches the empty text, too.
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Any:
        self.left -= 1
        sign = self.next_sign()
        if not sign:
            self.cut = True
            return _CUT
        if depth > self.deepest and sign in "[{" and self.without_deeper:
            return self._left_out()
        if self.left < 0 or (depth > self.deepest and sign in "[{"):
            raise TooMuchError("too deep or too many values")
        if sign in ",]}":
            return _HOLE
        if sign in "[{":
            self.at += 1
            return self._list(depth) if sign == "[" else self._object(depth)
        return self._string(sign) if sign in _STRINGS else self._word()

    def _left_out(self) -> Any:
        """Skip the list or object that begins here, without reading its content."""
        inside = 0
        for found in _BRACKETS.finditer(self.text, self.at):
            inside += _INSIDE.get(found[0], 0)
            if inside == 0:
                self.at = found.end()
                return _HOLE
        self.cut = True
        return _CUT

    def _list(self, depth: int) -> Any:
        """Missing entries count as null, except at either end, where a comma is superfluous."""
        found: list[Any] = []
        while True:
            value = self.value(depth + 1)
            if not self.cut:
                found.append(None if value is _HOLE else value)
            elif depth == 1 and value is not _CUT:
                found.append(value)  # the payload of a frame
            whole = not self.cut
            sign = self._after_value("]")
            if whole and self.cut and depth == 1 and isinstance(value, dict | list):
                # Only the last bracket is missing.
                self.cut = False
                return found
            if sign == ",":
                if found == [None] and value is _HOLE:
                    found.clear()
                continue
            if value is _HOLE and not self.cut:
                found.pop()
            return found if not self.cut or depth in (1, 3) else _CUT

    def _object(self, depth: int) -> Any:
        found: dict[str, Any] = {}
        while True:
            while (sign := self.next_sign()) == ",":
                self.at += 1
            if sign == "}":
                self.at += 1
                return found
            if sign and not self._member(found, depth):
                raise UnreadableError(f"no name and value at {self.at}")
            if self.cut or not self.next_sign():
                self.cut = True
                return found if depth <= 2 else _CUT
            self._after_value("}", keep=True)

    def _member(self, found: dict[str, Any], depth: int) -> bool:
        sign = self.next_sign()
        name = self._string(sign) if sign in _STRINGS else self._match(_WORD)
        if name is _CUT:
            return True
        if self.next_sign() == "":
            self.cut = True
            return True
        if name is None or self.next_sign() != ":":
            return False
        self.at += 1
        value = self.value(depth + 1)
        if value is not _HOLE and value is not _CUT:
            found[name] = value
        return True

    def _after_value(self, closing: str, *, keep: bool = False) -> str:
        """Read the comma or bracket after a value; `keep`: do not consume the bracket."""
        sign = self.next_sign()
        if not sign or self.cut:
            self.cut = True
        elif sign not in (",", closing):
            raise UnreadableError(f"{sign!r} where a value ends, at {self.at}")
        elif sign == "," or not keep:
            self.at += 1
        return "" if self.cut else sign

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _string(self, quote: str) -> Any:
        found = _STRINGS[quote].match(self.text, self.at)
        if found is None:
            self.cut = True
            self.at = len(self.text)
            return _CUT
        self.at = found.end()
        return unescaped(found[1], quote)

    def _word(self) -> Any:
        word = self._match(_WORD)
        if word is None:
            raise UnreadableError(f"no value at {self.at}")
        if self.at == len(self.text):
            # The word may be truncated.
            self.cut = True
            return _CUT
        if _NUMBER.fullmatch(word):
            # 007 may be a number or an idTag, so it stays a text.
            return word if _ZEROS_FIRST.match(word) else _number(word)
        lower = word.lower()
        if lower in _TRUTH:
            return _TRUTH[lower]
        if lower.lstrip("+-") in _NOTHING:
            return None
        if lower.startswith(("0x", "-0x", "+0x")):
            raise UnreadableError("a number of another base, or a text")
        return word


def unescaped(body: str, quote: str = '"') -> str:
    """The text of a string with this content between its quotes. Raises UnreadableError."""
    body = body.replace("\x00", "")
    if "\\" not in body:
        return body
    if quote == "'":
        body = _IN_SINGLE_QUOTES.sub(_in_double_quotes, body)
    try:
        text: str = _LENIENT.decode(f'"{body}"')
    except ValueError as error:
        raise UnreadableError(f"an unknown escape: {error}") from None
    return text.encode(errors="replace").decode()


def _in_double_quotes(found: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])


def _number(word: str) -> int | float:
    if _INTEGER.fullmatch(word) and len(word.lstrip("+-0")) <= LONGEST_INTEGER:
        whole = int(word)
        if SMALLEST_INTEGER <= whole <= LARGEST_INTEGER:
            return whole
    return max(-LARGEST, min(float(word), LARGEST))
