"""Repairs payloads that violate their schema, if their meaning is clear.

A wrong type is converted if that loses nothing. A value that is unreadable, or an object with
a missing field, is removed together with as little as possible: the field, the list entry, the
object. Only if nothing smaller than the message can be removed is the violation a hard one.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from chargepoints.protocol import misplaced_fields, sample_forms, spelling
from chargepoints.protocol.numbers_in_text import read_number, read_quantity

OCCURRENCE = "OccurrenceConstraintViolation"
TYPE = "TypeConstraintViolation"
PROPERTY = "PropertyConstraintViolation"
FORMAT = "FormatViolation"
MISPLACED = "misplaced_fields"
SAMPLES_IN_OTHER_FORM = "samples_in_other_form"
# Each pass may remove one more level around an unreadable value.
MOST_PASSES = 10
MOST_NOTED = 100
# JSON is written with 64-bit integers; no number or id of a message is larger.
LARGEST_INTEGER = 2**63 - 1

# Objects of which some chargers send only this member, as a scalar.
_MAIN_MEMBER = {
    "component": "name",
    "evse": "id",
    "groupIdToken": "idToken",
    "idToken": "idToken",
    "sampledValue": "value",
    "transactionInfo": "transactionId",
    "unitOfMeasure": "unit",
    "variable": "name",
}
# Lists of texts for which some chargers send a single text.
_OF_TEXTS = frozenset({"location", "unknownKey"})
# Free texts: a value of another type is stored as JSON.
_ANYTHING = frozenset({"actualValue", "attributeValue", "data", "info", "techInfo", "value"})
# Removed as a whole: a part of it would have another meaning.
_WHOLE = frozenset(
    {
        "certificateHashData",
        "chargingNeeds",
        "chargingProfile",
        "chargingSchedule",
        "childCertificateHashData",
        "iso15118CertificateHashData",
        "ocspRequestData",
    }
)
# Lists that are removed as a whole, not entry by entry.
_ORDERED = frozenset({"chargingSchedule", "chargingSchedulePeriod", "iso15118CertificateHashData"})
# Fields in Wh; some charge points send them with one of these units.
_IN_WH = frozenset({"meterStart", "meterStop"})
_ENERGY = {"wh": 1, "kwh": 1000}
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Violation:
    pointer: str
    message: str
    code: str
    soft: bool
    keyword: str


class Checked(NamedTuple):
    """A repaired payload with its violations; `hard` is the first one that cannot be repaired."""

    payload: Any
    soft: Sequence[Violation]
    hard: Violation | None


def violation(error: Any) -> Violation:
    """The validator's error, with OCPP's error code."""
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    pointer = _pointer(error.instance_path)
    if keyword == "required":
        return Violation(pointer, error.message, OCCURRENCE, False, keyword)
    if keyword == "type":
        # If the payload itself is not an object, it is no violation of a field.
        code = TYPE if error.instance_path else FORMAT
        return Violation(pointer, error.message, code, False, keyword)
    if keyword in ("minItems", "maxItems", "additionalProperties"):
        code = FORMAT if keyword == "additionalProperties" else OCCURRENCE
        return Violation(pointer, error.message, code, True, keyword)
    if keyword == "format":
        return Violation(pointer, error.message, FORMAT, True, keyword)
    return Violation(pointer, error.message, PROPERTY, True, keyword)


def mend(
    validator: Any, payload: Any, dispensable: frozenset[str], names: tuple[str, ...] = ()
) -> Checked:
    """A repaired copy. `dispensable` fields may be missing, although the schema requires them;
    `names` are the schema's field names, for correcting their spelling.
    """
    payload = json.loads(json.dumps(payload))
    moved = misplaced_fields.put_right(payload, names)
    regrouped = sample_forms.regroup(payload, names)
    mending = _Mending(validator, payload, dispensable, names)
    if moved:
        mending.note(MISPLACED, moved)
    if regrouped:
        mending.note(SAMPLES_IN_OTHER_FORM, regrouped)
    for _ in range(MOST_PASSES):
        if not mending.make_pass():
            break
    return mending.checked()


class _Mending:
    def __init__(
        self, validator: Any, payload: Any, dispensable: frozenset[str], names: tuple[str, ...]
    ) -> None:
        self.payload = payload
        self._validator = validator
        self._dispensable = dispensable
        self._names = names
        self._noted: list[Violation] = []
        # Violations of removed values, by JSON pointer.
        self._removed: dict[str, Violation] = {}

    def make_pass(self) -> bool:
        """Make one pass; return whether it changed anything, so that another pass is needed."""
        out: dict[tuple[str | int, ...], Any] = {}
        errors = list(self._validator.iter_errors(self.payload))
        spelled = [error for error in errors if self._spell(error)]
        if spelled:
            # A field that was missing may be present now.
            return True
        converted = False
        for error in errors:
            keyword, path = str(error.schema_path[-1]), error.instance_path
            if keyword in ("type", "minimum", "maximum") and path and self._convert(error, keyword):
                converted = True
            elif keyword == "type" or (_is_required(error) and not self._is_dispensable(error)):
                out.setdefault(_to_remove(path), error)
        out.pop((), None)
        # Last list entries first, so that earlier entries keep their index.
        for place in sorted(out, key=_from_the_end):
            if not any(place[:length] in out for length in range(1, len(place))):
                self._remove(place, out[place])
        return converted or bool(out)

    def checked(self) -> Checked:
        hard = None
        for error in self._validator.iter_errors(self.payload):
            if _is_required(error):
                cause = self._removed.get(_missing(error))
                if not self._is_dispensable(error):
                    hard = hard or replace(cause or violation(error), soft=False)
                elif cause is None:
                    self._note(error, _missing(error))
            elif error.schema_path[-1] != "type":
                self._note(error)
            else:
                hard = hard or violation(error)
        return Checked(self.payload, self._noted, hard)

    def note(self, keyword: str, name: str) -> None:
        self._noted.append(Violation(f"/{name}", f"{name} in another form", FORMAT, True, keyword))

    def _note(self, error: Any, pointer: str = "") -> None:
        if len(self._noted) < MOST_NOTED:
            found = violation(error)
            self._noted.append(replace(found, soft=True, pointer=pointer or found.pointer))

    def _spell(self, error: Any) -> bool:
        """Replace a misspelled value or field name by the schema's; return whether it was found."""
        keyword, path = error.schema_path[-1], error.instance_path
        if keyword == "enum" and path:
            *parents, last = path
            if (word := spelling.word(error.instance, error.kind.options, _name(path))) is None:
                return False
            _at(self.payload, parents)[last] = word
            self._note(error)
            return True
        if keyword != "additionalProperties":
            return False
        holder = _at(self.payload, path)
        # If a text is expected, an object has no fields with known names.
        unexpected = getattr(error.kind, "unexpected", ())
        renamed = False
        for sent in unexpected:
            # If a field is sent twice in different spellings, the first one counts.
            if (name := spelling.name(sent, self._names)) and name not in holder:
                holder[name], renamed = holder.pop(sent), True
        if renamed:
            self._note(error)
        return renamed

    def _is_dispensable(self, error: Any) -> bool:
        return error.kind.property in self._dispensable

    def _convert(self, error: Any, keyword: str) -> bool:
        *parents, last = error.instance_path
        holder = _at(self.payload, parents)
        if keyword != "type":
            if not error.kind.limit:
                # EVSE -1 must not become EVSE 0, which is the station: it stays as it is.
                return False
            holder[last] = error.kind.limit
        elif error.instance is None and isinstance(holder, dict):
            # A field that is null counts as missing.
            del holder[last]
        else:
            name = _name(error.instance_path)
            found, value = _as_type(error.instance, getattr(error.kind, "types", ()), name)
            if not found:
                return self._take_out_unit(error, holder)
            holder[last] = value
        self._note(error)
        return True

    def _take_out_unit(self, error: Any, holder: Any) -> bool:
        path = error.instance_path
        if path[-1] != sample_forms.VALUE or not isinstance(error.instance, str):
            return False
        if not sample_forms.take_out_unit(holder):
            return False
        self.note(sample_forms.UNIT_IN_VALUE, _pointer(path)[1:])
        return True

    def _remove(self, place: tuple[str | int, ...], error: Any) -> None:
        *parents, last = place
        del _at(self.payload, parents)[last]
        # The missing field may have been removed in an earlier pass; then keep that reason.
        cause = self._removed.get(_missing(error)) if _is_required(error) else None
        if cause is None:
            self._note(error)
        self._removed[_pointer(place)] = cause or violation(error)


def _is_required(error: Any) -> bool:
    return bool(error.schema_path[-1] == "required")


def _missing(error: Any) -> str:
    """The JSON pointer of a required field that is missing."""
    return f"{_pointer(error.instance_path)}/{error.kind.property}"


def _to_remove(path: Path) -> tuple[str | int, ...]:
    """The smallest part around this path that can be removed; empty if it is the whole payload.

    If that part was required, the next pass removes the part around it.
    """
    for at, name in enumerate(path):
        if name == "customData":
            return tuple(path[: at + 1])
        if name in _WHOLE and "customData" not in path:
            entry = at + 1 < len(path) and isinstance(path[at + 1], int)
            return tuple(path[: at + 2] if entry and name not in _ORDERED else path[: at + 1])
    if len(path) > 1 and isinstance(path[-1], int) and path[-2] in _ORDERED:
        return tuple(path[:-1])
    return tuple(path)


def _from_the_end(place: tuple[str | int, ...]) -> list[tuple[bool, Any]]:
    return [(True, -part) if isinstance(part, int) else (False, part) for part in place]


def _at(payload: Any, path: Path) -> Any:
    for part in path:
        payload = payload[part]
    return payload


def _pointer(path: Path) -> str:
    return "".join(f"/{part}" for part in path)


def _name(path: Path) -> str:
    """The name of the field, or of the list that contains the entry."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _as_type(value: Any, types: Any, name: str) -> tuple[bool, Any]:
    """Whether the value can be converted to one of these types, and the converted value."""
    for found in _readings(value, types, name):
        return True, found
    return False, None


def _readings(value: Any, types: Any, name: str) -> Iterator[Any]:
    if "string" in types and isinstance(value, bool):
        yield "true" if value else "false"
    elif "string" in types and isinstance(value, int | float):
        yield str(value)
    elif "string" in types and name in _ANYTHING:
        yield orjson.dumps(value).decode()
    if "array" in types and (isinstance(value, dict) or _is_entry(value, name)):
        yield [value]
    if "object" in types:
        yield from _objects(value, name)
    if "boolean" in types and not isinstance(value, dict | list):
        truth = _TRUTH.get(str(value).strip().lower())
        if truth is not None:
            yield truth
    if "integer" in types or "number" in types:
        yield from _numbers(_in_wh(value) if name in _IN_WH else value, types)


def _is_entry(value: Any, name: str) -> bool:
    """Whether a scalar instead of a list is its only entry."""
    return isinstance(value, str | int | float) and (name in _MAIN_MEMBER or name in _OF_TEXTS)


def _objects(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        yield value[0]
    if name == "sampledValue" and isinstance(value, str) and not _is_measured(value):
        return
    if isinstance(value, str | int | float) and name in _MAIN_MEMBER:
        yield {_MAIN_MEMBER[name]: value}


def _is_measured(value: str) -> bool:
    return read_number(value) is not None or read_quantity(value) is not None


def _in_wh(value: Any) -> Any:
    """The value in Wh, if it is a text with a unit of energy: 7.2 kWh."""
    found = read_quantity(value) if isinstance(value, str) else None
    factor = _ENERGY.get(found[1].lower()) if found else None
    return found[0] * factor if found and factor else value


def _numbers(value: Any, types: Any) -> Iterator[int | float]:
    if isinstance(value, str):
        value = read_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return
    if "number" not in types:
        value = round(max(-LARGEST_INTEGER, min(value, LARGEST_INTEGER)))
    yield value
