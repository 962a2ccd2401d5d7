"""Tables that staff write in a spreadsheet, as CSV: all of it is taken, or nothing."""

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError

# What a spreadsheet takes for a formula; it is written behind an apostrophe.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_FAULTS = 20

Cells = dict[str, str]
Row = TypeVar("Row")


class CsvRefused(Exception):
    """The file has faults and nothing of it was taken; `faults` says where and what."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def write(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    return lines([columns]) + lines(rows)


def lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def read(
    content: bytes,
    columns: Sequence[str],
    make: Callable[[Cells], Row],
    key: Callable[[Row], Hashable],
) -> list[Row]:
    """What `make` makes of each line's cells that are not empty; it raises ValidationError.

    UTF-8, a line of column names first; columns may be left out, but for the first of `columns`.
    No two lines have the same `key`. Raises CsvRefused.
    """
    table = csv.DictReader(io.StringIO(_text(content), newline=""), strict=True, restkey="")
    rows: dict[Hashable, Row] = {}
    faults: list[str] = []
    try:
        if wrong := _wrong_columns(table.fieldnames or (), columns):
            raise CsvRefused([wrong])
        for line in table:
            where = f"line {table.line_num}"
            try:
                row = make(_cells(line))
            except ValidationError as error:
                faults += [f"{where}: {each}" for each in _said(error)]
                continue
            if key(row) in rows:
                faults.append(f"{where}: the same stands in an earlier line too")
            rows[key(row)] = row
    except csv.Error as error:
        faults.append(f"line {table.line_num}: {error}")
    if faults:
        more = len(faults) - MOST_FAULTS
        raise CsvRefused(faults[:MOST_FAULTS] + ([f"and {more} more"] if more > 0 else []))
    return list(rows.values())


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CsvRefused(["the file is not UTF-8"]) from None
    if "\x00" in text:
        raise CsvRefused(["the file has a NUL character in it"])
    return text


def _wrong_columns(names: Iterable[str], columns: Sequence[str]) -> str:
    if columns[0] not in names:
        return f"the first line has to name the columns, {columns[0]} among them"
    unknown = [name for name in names if name not in columns]
    return f"there is no column {unknown[0]!r}: {', '.join(columns)}" if unknown else ""


def _cells(line: dict[str, str | None]) -> Cells:
    """Raises ValidationError."""
    if "" in line:
        raise ValidationError("there are more cells than columns")
    plain = {name: _plain(cell.strip()) for name, cell in line.items() if cell}
    return {name: cell for name, cell in plain.items() if cell}


def _said(error: ValidationError) -> Iterator[str]:
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, messages in error.message_dict.items():
        yield from (f"{name}: {message}" for message in messages)


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    """The cell as it was before `_safe`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
