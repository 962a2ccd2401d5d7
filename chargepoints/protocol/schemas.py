"""JSON-schema validation of payloads, with the schemas of the `ocpp` package.

A defect is soft where what was meant is still plain (too long, an unknown word, an extra field,
a number as text), or where it costs a part that can be done without; and hard where it costs the
message.
"""

import json
import re
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

from chargepoints.protocol import spelling
from chargepoints.protocol.mending import Checked, Violation, mend, violation

# What a double holds exactly, and every column and JSON library takes; the handlers know what
# is more than a number of its kind can be.
LARGEST = 2**53
# The specifications call the request of an action StartTransaction.req, or BootNotificationRequest.
_OF_A_REQUEST = re.compile(r"(request|[._]?req)$")


class Form(NamedTuple):
    """What a payload has to look like, and the names of its fields."""

    validator: Any
    names: tuple[str, ...]


class Schemas:
    """The schemas of one version: requests by action, responses by action.

    All are read at once: a process that has no more files to open still serves its chargers.
    """

    def __init__(self, package: str, *, request_suffix: str) -> None:
        # By the package above: importing the version's own costs a tenth of the server's start.
        top, *below = package.split(".")
        self._directory = files(top).joinpath(*below, "schemas")
        names = {
            entry.name.removesuffix(".json")
            for entry in self._directory.iterdir()
            if entry.name.endswith(".json")
        }
        answered = {name.removesuffix("Response") for name in names if name.endswith("Response")}
        # Of these there is one schema, and no answer.
        self.unconfirmed = frozenset(
            names - {each + suffix for each in answered for suffix in (request_suffix, "Response")}
        )
        self.actions = self.unconfirmed | answered
        self._requests = {action: self._form(action + request_suffix) for action in answered}
        self._requests |= {action: self._form(action) for action in self.unconfirmed}
        self._responses = {action: self._form(action + "Response") for action in answered}
        self._by_lower_case = {action.lower(): action for action in self.actions}

    def action_meant(self, name: str) -> str | None:
        """The action of this name in any case, or of this name of its request."""
        name = name.lower()
        return self._by_lower_case.get(name) or self._by_lower_case.get(_OF_A_REQUEST.sub("", name))

    def check_request(
        self, action: str, payload: Any, dispensable: frozenset[str] = frozenset()
    ) -> Checked:
        """`dispensable` fields may be missing, or hold what cannot be read."""
        return _check(self._requests[action], payload, dispensable)

    def fits_request(self, action: str, payload: Any) -> bool:
        """Whether it is one to the letter."""
        return bool(self._requests[action].validator.is_valid(payload))

    def fits_response(self, action: str, payload: Any) -> bool:
        """As `fits_request`, of an answer."""
        return bool(self._responses[action].validator.is_valid(payload))

    def check_response(
        self, action: str, payload: Any, dispensable: frozenset[str] = frozenset()
    ) -> Checked:
        return _check(self._responses[action], payload, dispensable)

    def request_violations(self, action: str, payload: Any) -> list[Violation]:
        errors = self._requests[action].validator.iter_errors(payload)
        return [violation(error) for error in errors]

    def answer_fields(self, action: str) -> frozenset[str]:
        """What stands in an answer, without what is inside of that."""
        return frozenset(self._read(action + "Response").get("properties", ()))

    def _read(self, name: str) -> Any:
        path = self._directory.joinpath(f"{name}.json")
        return json.loads(path.read_text(encoding="utf-8-sig"))

    def _form(self, name: str) -> Form:
        schema = self._read(name)
        _bound(schema)
        # Of later drafts 1.0 is an integer, which Python's arithmetic and columns would not have.
        return Form(jsonschema_rs.Draft4Validator(schema), spelling.names(schema))


def _bound(schema: Any) -> None:
    """Give every integer of the schema its bounds, in place."""
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
