"""What an OCPP-J frame has to look like: an independent check against the published schemas."""

import functools
import json
from importlib import resources
from typing import Any

import jsonschema_rs

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6

SCHEMA_FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
VERSION_OF_SUBPROTOCOL = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1", "ocpp2.1": "2.1"}

# OCPP-J 1.6 4.2.3, with the two misspellings its errata decided to keep (errata 5.1 and 5.2).
ERROR_CODES_16 = frozenset(
    "NotImplemented NotSupported InternalError ProtocolError SecurityError FormationViolation "
    "PropertyConstraintViolation OccurenceConstraintViolation TypeConstraintViolation "
    "GenericError".split()
)
# OCPP-J 2.0.1 part 4, table 8.
ERROR_CODES_201 = frozenset(
    "FormatViolation GenericError InternalError MessageTypeNotSupported NotImplemented "
    "NotSupported OccurrenceConstraintViolation PropertyConstraintViolation ProtocolError "
    "RpcFrameworkError SecurityError TypeConstraintViolation".split()
)
ERROR_CODES = {"1.6": ERROR_CODES_16, "2.0.1": ERROR_CODES_201, "2.1": ERROR_CODES_201}
LONGEST_ERROR_DESCRIPTION = 255


@functools.cache
def _validator(version: str, action: str, direction: str) -> jsonschema_rs.Validator | None:
    """The validator for `action`, or None if the version knows no such message."""
    name = action if (version, direction) == ("1.6", "Request") else action + direction
    path = resources.files("ocpp") / SCHEMA_FOLDERS[version] / "schemas" / f"{name}.json"
    if not action.isalnum() or not path.is_file():
        return None
    # Some of the published files begin with a byte order mark.
    return jsonschema_rs.validator_for(json.loads(path.read_text("utf-8-sig")))


def check_call(version: str, frame: list[Any]) -> None:
    """Raise `AssertionError` unless `frame` is a CALL of this version, schema and all."""
    assert len(frame) == 4, f"a CALL has four elements: {frame}"
    _, message_id, action, payload = frame
    assert isinstance(message_id, str) and 0 < len(message_id) <= 36, f"odd message id: {frame}"
    _check_payload(version, action, "Request", payload)


def check_result(version: str, action: str, frame: list[Any]) -> None:
    """Raise `AssertionError` unless `frame` is a CALLRESULT that answers `action`."""
    assert len(frame) == 3, f"a CALLRESULT has three elements: {frame}"
    _check_payload(version, action, "Response", frame[2])


def check_error(version: str, frame: list[Any]) -> None:
    """Raise `AssertionError` unless `frame` is a CALLERROR with a code of this version."""
    assert len(frame) == 5, f"a CALLERROR has five elements: {frame}"
    _, message_id, code, description, details = frame
    # A number or null is answered as such.
    assert not isinstance(message_id, bool | list | dict), f"odd message id: {frame}"
    assert code in ERROR_CODES[version], f"OCPP {version} has no error code {code!r}"
    assert isinstance(description, str), f"the description is a string: {frame}"
    assert len(description) <= LONGEST_ERROR_DESCRIPTION, f"too long a description: {frame}"
    assert isinstance(details, dict), f"the details are an object: {frame}"


def _check_payload(version: str, action: str, direction: str, payload: Any) -> None:
    validator = _validator(version, action, direction)
    assert validator is not None, f"OCPP {version} has no {action}{direction}"
    faults = [f"{list(e.instance_path)}: {e.message}" for e in validator.iter_errors(payload)]
    assert not faults, f"{action}{direction} breaks its schema: {'; '.join(faults)}"
