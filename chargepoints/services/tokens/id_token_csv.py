"""The gateway's own tokens as CSV: written for a spreadsheet, and read back from one."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from chargepoints.clock import api_time
from chargepoints.key_codes import is_key_code
from chargepoints.models import IdToken

SETTABLE = ("status", "group_id_token", "expires_at", "personal_message")
COLUMNS = ("value", "type", *SETTABLE)
EXAMPLE = "2027-01-31T12:00:00Z"
# What a spreadsheet takes for a formula; it is written behind an apostrophe.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BATCH = 200
MOST_FAULTS = 20


class CsvRefused(Exception):
    """The file has faults and nothing of it was taken; `faults` says where and what."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Loaded:
    created: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"{self.created} made, {self.changed} changed, {self.unchanged} as they were"


def write() -> str:
    """All of the gateway's own tokens but key codes, which nobody may see; times in UTC."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for token in IdToken.objects.filter(source=IdToken.Source.OWN).order_by("value", "type"):
        if not is_key_code(token.type):
            values = (getattr(token, name) for name in COLUMNS)
            lines.writerow(
                _safe(api_time(value) or "" if name == "expires_at" else value)
                for name, value in zip(COLUMNS, values, strict=True)
            )
    return text.getvalue()


def load(content: bytes) -> Loaded:
    """Take all tokens of a file, or none: those that exist are changed, no other is touched.

    UTF-8, a line of column names first; columns may be left out, but for `value`.
    Raises CsvRefused.
    """
    tokens = _read(content)
    created = changed = 0
    # In small portions: on SQLite chargers wait while one is written.
    for start in range(0, len(tokens), BATCH):
        with transaction.atomic():
            made, altered = _store(tokens[start : start + BATCH])
        created, changed = created + made, changed + altered
    return Loaded(created, changed, len(tokens) - created - changed)


def _store(tokens: list[IdToken]) -> tuple[int, int]:
    """How many were made, and how many changed."""
    values = [token.value for token in tokens]
    known = {
        _key(row): row
        for row in IdToken.objects.alias(lower=Lower("value")).filter(
            Q(lower__in=[value.lower() for value in values]) | Q(value__in=values),
            source=IdToken.Source.OWN,
        )
    }
    altered = [
        row
        for token in tokens
        if (row := known.get(_key(token))) is not None and _take_over(row, token)
    ]
    IdToken.objects.bulk_update(altered, SETTABLE)
    new = IdToken.objects.bulk_create([token for token in tokens if _key(token) not in known])
    return len(new), len(altered)


def _key(token: IdToken) -> tuple[str, str]:
    return token.value.lower(), token.type


def _take_over(row: IdToken, token: IdToken) -> bool:
    """Give a row that exists what the file says; whether that changes anything."""
    differs = [name for name in SETTABLE if getattr(row, name) != getattr(token, name)]
    for name in differs:
        setattr(row, name, getattr(token, name))
    return bool(differs)


def _read(content: bytes) -> list[IdToken]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CsvRefused(["the file is not UTF-8"]) from None
    if "\x00" in text:
        raise CsvRefused(["the file has a NUL character in it"])
    lines = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
    tokens: dict[tuple[str, str], IdToken] = {}
    faults: list[str] = []
    try:
        if wrong := _wrong_columns(lines.fieldnames or ()):
            raise CsvRefused([wrong])
        for line in lines:
            where = f"line {lines.line_num}"
            try:
                token = _token(line)
            except ValidationError as error:
                faults += [f"{where}: {each}" for each in _said(error)]
                continue
            if _key(token) in tokens:
                faults.append(f"{where}: this token stands in an earlier line too")
            tokens[_key(token)] = token
    except csv.Error as error:
        faults.append(f"line {lines.line_num}: {error}")
    if faults:
        more = len(faults) - MOST_FAULTS
        raise CsvRefused(faults[:MOST_FAULTS] + ([f"and {more} more"] if more > 0 else []))
    return list(tokens.values())


def _wrong_columns(names: Iterable[str]) -> str:
    if "value" not in names:
        return "the first line has to name the columns, value among them"
    unknown = [name for name in names if name not in COLUMNS]
    return f"there is no column {unknown[0]!r}: {', '.join(COLUMNS)}" if unknown else ""


def _token(line: dict[str, str | None]) -> IdToken:
    """Raises ValidationError."""
    if "" in line:
        raise ValidationError("there are more cells than columns")
    cells = {name: _plain(cell.strip()) for name, cell in line.items() if cell}
    expires_at = cells.pop("expires_at", "")
    token = IdToken(**{name: cell for name, cell in cells.items() if cell})
    if expires_at:
        token.expires_at = _time(expires_at)
    token.full_clean(validate_unique=False, validate_constraints=False)
    return token


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({"expires_at": f"{text!r} is no time such as {EXAMPLE}"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(error: ValidationError) -> Iterator[str]:
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, messages in error.message_dict.items():
        yield from (f"{name}: {message}" for message in messages)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    """As it was before `_safe`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
