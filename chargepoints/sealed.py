"""An encrypted column: the database alone, or its backup, does not reveal the value.

It is encrypted (Fernet: AES-128-CBC and HMAC-SHA256) with a key derived from SECRET_KEY. Values
of older keys are read with SECRET_KEY_FALLBACKS; `manage.py reseal` encrypts them again.
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

PREFIX = "sealed:"


def seal(value: Any) -> str:
    return PREFIX + _keys().encrypt(json.dumps(value).encode()).decode()


def unseal(text: str) -> Any:
    """Decrypt; also reads values stored before encryption was used. Raises ImproperlyConfigured."""
    if not text.startswith(PREFIX):
        try:
            return json.loads(text)
        except ValueError:
            return text
    try:
        return json.loads(_keys().decrypt(text.removeprefix(PREFIX).encode()))
    except InvalidToken:
        raise ImproperlyConfigured(
            "a secret in the database was sealed under another SECRET_KEY: "
            "name that one in SECRET_KEY_FALLBACKS"
        ) from None


def _keys() -> MultiFernet:
    """The first key encrypts, all of them decrypt."""
    return MultiFernet(
        [_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _fernet(secret: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"connect: sealed columns")
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))


if TYPE_CHECKING:  # only the stubs are generic
    AnyField = models.Field[Any, Any]
else:
    AnyField = models.Field


class SealedField(AnyField):
    """Any JSON; queries cannot filter by it."""

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> str:
        return seal(value)

    def from_db_value(self, value: str | None, *args: Any) -> Any:
        return None if value is None else unseal(value)

    def to_python(self, value: Any) -> Any:
        return value
