"""The exception that a handler raises to answer with a CALLERROR."""

from typing import Any


class OcppError(Exception):
    """The message is at fault; `code` names the CALLERROR as OCPP 2.0.1 spells it.

    NotImplemented, NotSupported, InternalError, ProtocolError, SecurityError, FormatViolation,
    PropertyConstraintViolation, OccurrenceConstraintViolation, TypeConstraintViolation,
    GenericError, RpcFrameworkError (2.0.1 part 4, table 7; 1.6 OCPP-J 4.2.3).
    """

    def __init__(self, code: str, description: str = "", details: Any = None) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.details = details or {}
