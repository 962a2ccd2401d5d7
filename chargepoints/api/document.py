"""Descriptions of the views in the OpenAPI document, with all their possible answers."""

from typing import Any

import uritemplate
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from chargepoints.api.authentication import scope_for
from chargepoints.api.command_bodies import MAX_WAIT_S, WAITS
from chargepoints.services.commands.command_types import COMMAND_TYPES, CommandType

Json = dict[str, Any]

PROBLEMS = {
    400: "The body, or a query parameter, is invalid.",
    401: "No key, or one that is unknown, expired or revoked.",
    403: "The key's scope does not allow this.",
    404: "It does not exist.",
    406: "Only `application/json` is available.",
    412: "It was changed since it was read (`If-Match`).",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    429: "Too many requests with this key; `Retry-After` says when to continue.",
    500: "A fault of the gateway; see its log.",
    503: "The database does not answer; `Retry-After` says when to continue.",
}


# By the statuses that have them; True: all.
COUNTED_HEADERS: dict[str, tuple[list[int] | bool, str]] = {
    "Retry-After": ([429, 503], "Seconds to wait."),
    "RateLimit-Limit": (True, "Requests per minute that one server process accepts of this key."),
    "RateLimit-Remaining": (True, "The number of requests left."),
    "RateLimit-Reset": (True, "Seconds until one more request is allowed."),
}


class ErrorItemSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer into the body", allow_blank=True)
    parameter = serializers.CharField(required=False, help_text="the query parameter instead")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Every error. `code` is stable and for programs, `detail` for people."""

    code = serializers.CharField()
    detail = serializers.CharField()

    def get_fields(self) -> Json:
        # `errors` is an attribute of every serializer.
        return super().get_fields() | {"errors": ErrorItemSerializer(many=True)}


class DocumentedView(AutoSchema):
    """Adds to each operation its scope, its conditional headers, and the errors it can answer.

    A view names its conflicts by action: `conflicts = {"create": "`already_exists`"}`.
    """

    def get_description(self) -> str:  # type: ignore[override]
        scope = scope_for(self.method, self.view)
        return f"{super().get_description()}\n\nNeeds the scope `{scope.value}`."

    def get_summary(self) -> str:
        return super().get_description().partition("\n")[0].rstrip(".")

    def get_override_parameters(self) -> list[Any]:
        headers: list[tuple[str, list[int] | bool]] = []
        if self._is_read:
            headers += [("If-None-Match", False)]
        if self._if_match:
            headers += [("If-Match", False)]
        if self._is_read or self._action in ("create", "update", "partial_update"):
            headers += [("ETag", [200, 201, 304])]
        if self._action == "create":
            headers += [("Location", [201])]
        return [
            OpenApiParameter(name, str, OpenApiParameter.HEADER, response=response)
            for name, response in headers
        ] + [
            OpenApiParameter(name, int, OpenApiParameter.HEADER, response=at, description=text)
            for name, (at, text) in COUNTED_HEADERS.items()
        ]

    def get_filter_backends(self) -> list[Any]:
        if self._action == "export":
            # The document would not treat it as a list, but it has a list's filters.
            return list(getattr(self.view, "filter_backends", ()))
        backends: list[Any] = super().get_filter_backends()
        return backends

    def _get_parameters(self) -> list[Json]:
        parameters: list[Json] = super()._get_parameters()
        for parameter in parameters:
            if parameter["in"] == "query" and parameter["schema"].get("type") == "string":
                parameter["schema"].setdefault("minLength", 1)
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> Json:
        bodies: Json = super()._get_response_bodies(direction)
        if self._is_read:
            bodies["304"] = {
                "description": "The client has this version (`If-None-Match`).",
                "headers": self._get_response_headers_for_code("304"),
            }
        conflicts = getattr(self.view, "conflicts", {})
        problems = {status: PROBLEMS[status] for status in self._problems()}
        if self._action in conflicts:
            problems[409] = conflicts[self._action]
        for status, description in problems.items():
            response = OpenApiResponse(ProblemSerializer, description)
            body = self._get_response_for_code(response, str(status))  # type: ignore[no-untyped-call]
            bodies[str(status)] = body
        return dict(sorted(bodies.items()))

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def _is_read(self) -> bool:
        return self.method == "GET" and self._action != "export"

    @property
    def _if_match(self) -> bool:
        return self._action in ("update", "partial_update", "destroy")

    def _problems(self) -> list[int]:
        statuses = [401, 403, 406, 429, 500, 503]
        if self.method != "DELETE":
            statuses.append(400)
        if uritemplate.variables(self.path):
            statuses.append(404)
        if self._if_match:
            statuses.append(412)
        if self.method in ("PUT", "PATCH", "POST"):
            statuses += [413, 415]
        return statuses


def refuse_other_fields(result: Json, **context: Any) -> Json:
    """A postprocessing hook: bodies with unknown fields are refused."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


def add_command_types(result: Json, **context: Any) -> Json:
    """A postprocessing hook: the body of a command, one schema per type, and that of a batch."""
    schemas = result["components"]["schemas"]
    names = {type: f"{_camel(type)}CommandRequest" for type in COMMAND_TYPES}
    for type, name in names.items():
        schemas[name] = _command_body(type, COMMAND_TYPES[type])
    reference = "#/components/schemas/{}".format
    schemas["CommandRequest"] = {
        "oneOf": [{"$ref": reference(name)} for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type: reference(name) for type, name in names.items()},
        },
    }
    batch = schemas["NewCommandBatchRequest"]
    batch["properties"]["type"] |= {"enum": list(COMMAND_TYPES)}
    batch["oneOf"] = [{"required": ["charge_points"]}, {"required": ["filter"]}]
    schemas["ChargePointChoiceRequest"]["minProperties"] = 1
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _command_body(type: str, kind: CommandType) -> Json:
    moment = {"type": ["string", "null"], "format": "date-time"}
    waits = "; ".join(f"`{name}`: {meaning}" for name, meaning in WAITS.items())
    return {
        "type": "object",
        "description": kind.description,
        "required": ["type", *(["args"] if kind.args["required"] else [])],
        "additionalProperties": False,
        "properties": {
            "type": {"const": type},
            "args": kind.args,
            "wait": {"enum": list(WAITS), "default": "none", "description": waits},
            "timeout_s": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_WAIT_S,
                "default": 30,
                "description": "How long to wait; after that, the answer is 202.",
            },
            "expires_at": {**moment, "description": _expiry(kind)},
            "not_before": {**moment, "description": "Not sent before this time."},
        },
    }


def _expiry(kind: CommandType) -> str:
    text = f"Not sent after this time; default: {kind.expires_after_s} s from now, or `not_before`."
    if kind.only_connected:
        text += " Without it, the answer for an offline charger is 409 `not_connected`."
    return text


def _camel(type: str) -> str:
    return "".join(word.capitalize() for word in type.split("_"))
