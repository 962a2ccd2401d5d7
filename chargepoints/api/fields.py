"""Serializer fields that accept only documented values, and times in core's format."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import models
from rest_framework import serializers

from chargepoints.clock import api_time


class Text(serializers.CharField):
    """A JSON string; DRF's own field accepts numbers too."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Integer(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != int(data):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class Boolean(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Time(serializers.DateTimeField):
    """RFC 3339, in UTC; any offset is accepted, but one is required."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="RFC 3339, e.g. 2026-11-22T08:00:00Z")
        moment = read_time(value)
        if moment is None:
            self.fail("invalid", format="RFC 3339, e.g. 2026-11-22T08:00:00Z")
        return moment

    def to_representation(self, value: datetime | None) -> Any:
        return api_time(value)


class TextOrNull(Text):
    """Empty text in the database, null in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs = {"required": False, **kwargs}
        super().__init__(allow_null=True, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)

    def to_representation(self, value: Any) -> Any:
        return str(value) or None


class ChoiceOrNull(serializers.ChoiceField):
    """Empty text in the database, null in JSON."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs = {"required": False, **kwargs}
        super().__init__(choices=choices, allow_null=True, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)

    def to_representation(self, value: Any) -> Any:
        return str(value) or None


class PlaceOrNull(serializers.IntegerField):
    """0 in the database if there is no EVSE or connector, null in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: int) -> Any:
        return value or None


class Strict(serializers.Serializer[Any]):
    # Refuses unknown fields: a misspelt one would be lost silently.
    # (No docstring: the document would show it for every serializer without one.)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: ["no such field"] for name in unknown})
        return super().to_internal_value(data)


class StrictModel(Strict, serializers.ModelSerializer[Any]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.DateTimeField: Time,
        models.BooleanField: Boolean,
        models.IntegerField: Integer,
        models.PositiveIntegerField: Integer,
        models.PositiveSmallIntegerField: Integer,
        models.PositiveBigIntegerField: Integer,
    }


def read_time(text: str) -> datetime | None:
    """An RFC 3339 time in UTC; None if the text is not such a time or has no offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
