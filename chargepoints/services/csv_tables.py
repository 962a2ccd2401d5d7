"""CSV tables that staff edit in a spreadsheet: export, and import of all lines or none."""

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError

# Spreadsheets read such cells as formulas; they are written with an apostrophe in front.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_FAULTS = 20

Cells = dict[str, str]
Row = TypeVar("Row")


class CsvRefused(Exception):
    """The file has faults, and nothing was imported; `faults` lists them by line."""

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
    """Call `make` with the non-empty cells of each line; it raises ValidationError.

    UTF-8, with column names in the first line; only the first of `columns` is required. Two lines
    must not have the same `key`. Raises CsvRefused.
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
                faults.append(f"{where}: an earlier line has the same key")
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
        raise CsvRefused(["the file contains a NUL character"])
    return text


def _wrong_columns(names: Iterable[str], columns: Sequence[str]) -> str:
    if columns[0] not in names:
        return f"the first line has to contain the column names, including {columns[0]}"
    unknown = [name for name in names if name not in columns]
    return f"unknown column {unknown[0]!r}; allowed: {', '.join(columns)}" if unknown else ""


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
