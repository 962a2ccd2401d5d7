"""The charge points of a request to many."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from chargepoints.api.commands import IDEMPOTENCY_HEADER
from chargepoints.api.errors import Problem
from chargepoints.api.fields import Boolean, Strict, Text
from chargepoints.models import ChargePoint, Registration

# Of the operations that take it in.
TAKEN_IN = [
    IDEMPOTENCY_HEADER,
    OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[202]),
]


class ChargePointChoice(Strict):
    """A filter: the charge points that match all of its fields."""

    site = Text(required=False)
    protocol = Text(required=False)
    registration = serializers.ChoiceField(Registration.choices, required=False)
    online = Boolean(required=False)

    def validate(self, choice: dict[str, Any]) -> dict[str, Any]:
        if not choice:
            raise serializers.ValidationError("is empty; it would select all charge points")
        return choice


def identities(most: int) -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=48), min_length=1, max_length=most, required=False
    )


class OfMany(Strict):
    """A body with either `charge_points` (a bounded list of identities) or a `filter`."""

    filter = ChargePointChoice(required=False)
    type = Text(max_length=40)
    args = serializers.JSONField(default=dict)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if ("charge_points" in body) == ("filter" in body):
            raise serializers.ValidationError("needs either `charge_points` or `filter`")
        return body


def targets(asked: dict[str, Any], most: int) -> list[int]:
    """The primary keys of the charge points in an `OfMany`.

    Raises 400 if one is unknown, or if there are more than `most`.
    """
    if "filter" not in asked:
        return named(asked["charge_points"])
    found = list(chosen(asked["filter"]).values_list("pk", flat=True)[: most + 1])
    if len(found) > most:
        raise Problem(400, "too_many", f"more than {most} charge points")
    return found


def named(identities: list[str]) -> list[int]:
    """The primary keys of these identities. Raises 400 if one is unknown."""
    lowered = [identity.lower() for identity in identities]
    known = dict(
        ChargePoint.objects.annotate(lowered=Lower("identity"))
        .filter(lowered__in=lowered)
        .values_list("lowered", "pk")
    )
    unknown = [
        {"pointer": f"/charge_points/{index}", "message": "there is no such charge point"}
        for index, identity in enumerate(lowered)
        if identity not in known
    ]
    if unknown:
        raise Problem(400, "invalid", "the body is invalid", unknown)
    return list(dict.fromkeys(known[identity] for identity in lowered))


def chosen(choice: dict[str, Any]) -> QuerySet[ChargePoint]:
    """The charge points that match all fields of a `ChargePointChoice`."""
    choice = dict(choice)
    charge_points = ChargePoint.objects.order_by("pk")
    if "online" in choice:
        charge_points = charge_points.filter(connection__isnull=not choice.pop("online"))
    return charge_points.filter(**choice)
