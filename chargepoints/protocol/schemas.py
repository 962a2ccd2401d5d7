"""JSON-schema validation of payloads, with the schemas of the `ocpp` package.

A violation is soft if the meaning is still clear (too long, unknown value, extra field, number
as text), or if a part that is not essential can be removed. It is hard if the message is lost.
"""

import json
import re
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

from chargepoints.protocol import spelling
from chargepoints.protocol.mending import Checked, Violation, mend, violation

# A double represents integers up to this exactly, and all columns and JSON libraries accept it.
# Handlers check narrower limits.
LARGEST = 2**53
# The specifications name requests StartTransaction.req or BootNotificationRequest.
_OF_A_REQUEST = re.compile(r"(request|req)$")


class Form(NamedTuple):
    """A compiled schema, and the names of its fields."""

    validator: Any
    names: tuple[str, ...]


class Schemas:
    """The schemas of one version: requests by action, responses by action.

    All are read at the start, so that a process without free file descriptors still works.
    """

    def __init__(self, package: str, *, request_suffix: str) -> None:
        # Not imported as a package: that would take a tenth of the server's start.
        top, *below = package.split(".")
        self._directory = files(top).joinpath(*below, "schemas")
        names = {
            entry.name.removesuffix(".json")
            for entry in self._directory.iterdir()
            if entry.name.endswith(".json")
        }
        answered = {name.removesuffix("Response") for name in names if name.endswith("Response")}
        # Actions that have a single schema, because they get no answer (SEND).
        self.unconfirmed = frozenset(
            names - {each + suffix for each in answered for suffix in (request_suffix, "Response")}
        )
        self.actions = self.unconfirmed | answered
        self._requests = {action: self._form(action + request_suffix) for action in answered}
        self._requests |= {action: self._form(action) for action in self.unconfirmed}
        self._responses = {action: self._form(action + "Response") for action in answered}
        self._by_bare_name = {spelling.bare(action): action for action in self.actions}

    def matching_action(self, name: str) -> str | None:
        """The action with this name in any case, with or without a suffix for the request."""
        name = spelling.bare(name)
        return self._by_bare_name.get(name) or self._by_bare_name.get(_OF_A_REQUEST.sub("", name))

    def check_request(
        self, action: str, payload: Any, dispensable: frozenset[str] = frozenset()
    ) -> Checked:
        """`dispensable` fields may be missing or unreadable."""
        return _check(self._requests[action], payload, dispensable)

    def fits_request(self, action: str, payload: Any) -> bool:
        """Whether the payload is valid without any repair."""
        return bool(self._requests[action].validator.is_valid(payload))

    def fits_response(self, action: str, payload: Any) -> bool:
        """As `fits_request`, for an answer."""
        return bool(self._responses[action].validator.is_valid(payload))

    def check_response(
        self, action: str, payload: Any, dispensable: frozenset[str] = frozenset()
    ) -> Checked:
        return _check(self._responses[action], payload, dispensable)

    def request_violations(self, action: str, payload: Any) -> list[Violation]:
        errors = self._requests[action].validator.iter_errors(payload)
        return [violation(error) for error in errors]

    def answer_fields(self, action: str) -> frozenset[str]:
        """The top-level fields of an answer."""
        return frozenset(self._read(action + "Response").get("properties", ()))

    def _read(self, name: str) -> Any:
        path = self._directory.joinpath(f"{name}.json")
        return json.loads(path.read_text(encoding="utf-8-sig"))

    def _form(self, name: str) -> Form:
        schema = self._read(name)
        _bound(schema)
        # In later drafts 1.0 is an integer, which Python's arithmetic and the columns would reject.
        return Form(jsonschema_rs.Draft4Validator(schema), spelling.names(schema))


def _bound(schema: Any) -> None:
    """Limit every integer of the schema, in place."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "integer":
        schema.setdefault("minimum", -LARGEST)
        schema.setdefault("maximum", LARGEST)
    for child in schema.values():
        _bound(child)


def _check(form: Form, payload: Any, dispensable: frozenset[str]) -> Checked:
    if form.validator.is_valid(payload):
        return Checked(payload, (), None)
    return mend(form.validator, payload, dispensable, form.names)
