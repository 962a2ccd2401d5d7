"""The gateway's own tokens as CSV: export and import."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from chargepoints.clock import api_time
from chargepoints.key_codes import is_key_code
from chargepoints.models import IdToken
from chargepoints.services import csv_tables
from chargepoints.services.csv_tables import Cells

SETTABLE = ("status", "group_id_token", "expires_at", "personal_message")
COLUMNS = ("value", "type", *SETTABLE)
EXAMPLE = "2027-01-31T12:00:00Z"
BATCH = 200


@dataclass(frozen=True, slots=True)
class Loaded:
    created: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"{self.created} created, {self.changed} changed, {self.unchanged} unchanged"


def write() -> str:
    """The gateway's own tokens, without key codes, which are secret; times in UTC."""
    own = IdToken.objects.filter(source=IdToken.Source.OWN).order_by("value", "type")
    shown = (token for token in own if not is_key_code(token.type))
    return csv_tables.write(COLUMNS, ([_cell(token, name) for name in COLUMNS] for token in shown))


def _cell(token: IdToken, name: str) -> str:
    value = getattr(token, name)
    return api_time(value) or "" if name == "expires_at" else str(value)


def load(content: bytes) -> Loaded:
    """Import all tokens of a file, or none: existing ones are updated, no other is changed.

    Raises CsvRefused.
    """
    tokens = csv_tables.read(content, COLUMNS, _token, _key)
    created = changed = 0
    # In small portions: on SQLite chargers wait while one is written.
    for start in range(0, len(tokens), BATCH):
        with transaction.atomic():
            made, altered = _store(tokens[start : start + BATCH])
        created, changed = created + made, changed + altered
    return Loaded(created, changed, len(tokens) - created - changed)


def _store(tokens: list[IdToken]) -> tuple[int, int]:
    """The number of tokens created, and of those updated."""
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
    """Update an existing row from the file; return whether it changed."""
    differs = [name for name in SETTABLE if getattr(row, name) != getattr(token, name)]
    for name in differs:
        setattr(row, name, getattr(token, name))
    return bool(differs)


def _token(cells: Cells) -> IdToken:
    """Raises ValidationError."""
    expires_at = cells.pop("expires_at", "")
    token = IdToken(**cells)
    if expires_at:
        token.expires_at = _time(expires_at)
    token.full_clean(validate_unique=False, validate_constraints=False)
    return token


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({"expires_at": f"{text!r} is not a time such as {EXAMPLE}"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
