"""Every error of the API in one shape: {"code", "detail", "errors": [{"pointer", "message"}]}.

`code` is stable and meant for programs, `detail` for people. An error about a query parameter has
`parameter` instead of a pointer into the body.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from chargepoints.database.outages import STORE_UNAVAILABLE
from chargepoints.services.commands.submission import CommandRefused

logger = logging.getLogger(__name__)

API_PATH = "/api/"
RETRY_AFTER_S = 5


class Problem(exceptions.APIException):
    """An error, with its status and its stable code."""

    def __init__(
        self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = errors or []


class InvalidParameters(Exception):
    """Invalid query parameters: {name: [messages]}."""

    def __init__(self, messages: dict[str, list[str]]) -> None:
        super().__init__(messages)
        self.messages = messages


REFUSED_STATUS = {"unknown_type": 400, "invalid_args": 400, "already_expired": 400}
# Exceptions of Django that always have the same answer.
DJANGO_PROBLEMS: dict[type[Exception], tuple[int, str, str]] = {
    Http404: (404, "not_found", "it does not exist"),
    PermissionDenied: (403, "permission_denied", "this is not allowed"),
    RequestDataTooBig: (413, "too_large", "the body is too large"),
    **dict.fromkeys(STORE_UNAVAILABLE, (503, "unavailable", "the database does not answer")),
}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception in a view; None if it is a fault of the gateway."""
    problem = as_problem(error)
    if problem is None:
        return None
    if problem.status_code == 503:
        logger.warning("the API could not use the database: %s", error)
    set_rollback()
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    wait = RETRY_AFTER_S if problem.status_code == 503 else getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    body = {"code": problem.code, "detail": str(problem.detail), "errors": problem.errors}
    return Response(body, status=problem.status_code, headers=headers)


def as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, CommandRefused):
        status = REFUSED_STATUS.get(error.code, 409)
        return Problem(status, error.code, error.detail, error.errors)
    if isinstance(error, InvalidParameters):
        return _invalid_parameters(error.messages)
    if isinstance(error, ModelValidationError):
        return _invalid(as_serializer_error(error))
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error.detail)
    return _problem_of_framework(error)


def _problem_of_framework(error: Exception) -> Problem | None:
    for kind, (status, code, detail) in DJANGO_PROBLEMS.items():
        if isinstance(error, kind):
            return Problem(status, code, detail)
    if isinstance(error, exceptions.APIException):
        code = getattr(error.detail, "code", error.default_code)
        return Problem(error.status_code, code, str(error.detail))
    return None


def _invalid_parameters(messages: dict[str, list[str]]) -> Problem:
    errors = [
        {"pointer": "", "parameter": name, "message": str(message)}
        for name, found in messages.items()
        for message in found
    ]
    return Problem(400, "invalid_parameter", "a query parameter is invalid", errors)


def _invalid(detail: Any) -> Problem:
    return Problem(400, "invalid", "the body is invalid", list(_pointed(detail, "")))


def _pointed(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """The messages of nested validation errors, each with its JSON pointer (RFC 6901)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _pointed(inner, pointer if whole else f"{pointer}/{escaped(name)}")
    elif isinstance(detail, list):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        for index, inner in enumerate(detail):
            yield from _pointed(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "message": str(detail)}


def escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: JSON for the API, if no view could answer."""
    if not request.path.startswith(API_PATH):
        return defaults.server_error(request)
    return _plain(500, "internal_error", "this is a fault of the gateway")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: JSON for the API, if a request does not reach a view."""
    if not request.path.startswith(API_PATH):
        return defaults.bad_request(request, exception)
    if isinstance(exception, DisallowedHost):
        return _plain(400, "invalid_host", "the Host header names none of ALLOWED_HOSTS")
    return _plain(400, "bad_request", "the request cannot be used")


def _plain(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail, "errors": []}, status=status)
