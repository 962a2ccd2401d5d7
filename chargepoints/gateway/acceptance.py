"""Checks a CALL before it is handled: action, boot state, and payload."""

from typing import Any

from chargepoints.gateway import ocppj, other_versions
from chargepoints.gateway.calls import BOOT_ACTION
from chargepoints.protocol import spelling
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Handler, OcppVersion

# Part 4, table 7.
BEFORE_BOOT = "SecurityError"


def accept(version: OcppVersion, inbound: Inbound, call: ocppj.Call) -> tuple[OcppVersion, Handler]:
    """The handler and its version; `inbound` then fits the schema. Raises OcppError."""
    noted = len(inbound.deviations)
    payload = inbound.payload
    try:
        handler, whole = _accept(version, inbound, call)
    except OcppError as refused:
        if refused.code == BEFORE_BOOT or call.partial or isinstance(call, ocppj.Send):
            raise
        meant = _as_other_version(version, inbound, call, payload, noted)
        if meant is None:
            raise
        return meant
    if whole:
        return version, handler
    return _as_other_version(version, inbound, call, payload, noted) or (version, handler)


def _as_other_version(
    version: OcppVersion, inbound: Inbound, call: ocppj.Call, payload: Any, noted: int
) -> tuple[OcppVersion, Handler] | None:
    """Accept the original payload as a message of another version; None if it fits no other."""
    if inbound.station.strict:
        return None
    meant = other_versions.matching_version(version, call.action, payload)
    if meant is None:
        return None
    inbound.action, inbound.payload, inbound.version = call.action, payload, meant.name
    del inbound.deviations[noted:]
    inbound.deviate(f"words_of_{meant.name}")
    return meant, _accept(meant, inbound, call)[0]


def _accept(version: OcppVersion, inbound: Inbound, call: ocppj.Call) -> tuple[Handler, bool]:
    """The handler, and whether the payload has all that its schema requires."""
    strict = inbound.station.strict
    if strict and (defects := ocppj.FRAME_DEFECTS.intersection(inbound.deviations)):
        # Part 4, 4.2.3.
        raise OcppError("RpcFrameworkError", min(defects).replace("_", " "))
    if strict and ocppj.OTHER_FORM in inbound.deviations:
        raise OcppError("FormatViolation", "the payload is not of type object")
    handler = _find(version, inbound, unconfirmed=isinstance(call, ocppj.Send))
    _check_boot(version, inbound)
    if call.partial and not _says_enough(handler, call):
        raise OcppError("FormatViolation", call.deviations[0].replace("_", " "))
    return handler, _check_payload(version, inbound, handler)


def _says_enough(handler: Handler, call: ocppj.Call) -> bool:
    """Whether the part that could be read identifies the transaction."""
    needed = handler.about_transactions
    return needed is not None and needed <= call.payload.keys()


def _find(version: OcppVersion, inbound: Inbound, *, unconfirmed: bool) -> Handler:
    schemas = version.schemas
    if inbound.action not in schemas.actions:
        lenient = not inbound.station.strict
        action = schemas.matching_action(inbound.action) if lenient else None
        if action is None:
            # Part 4, table 7: the action is not known at all.
            raise OcppError("NotImplemented", f"no action is called {inbound.action[:50]}")
        same = spelling.bare(inbound.action) == spelling.bare(action)
        inbound.action = action
        inbound.deviate("action_in_other_case" if same else "action_of_the_request")
    if (inbound.action in schemas.unconfirmed) != unconfirmed:
        kind = "CALL" if unconfirmed else "SEND"
        raise OcppError("ProtocolError", f"{inbound.action} is sent as a {kind}")
    handler = version.handlers.get(inbound.action)
    if handler is None:
        # Part 4, table 7: the action is known, but not one that a CSMS serves.
        raise OcppError("NotSupported", f"{inbound.action} is not for a CSMS")
    return handler


def _check_boot(version: OcppVersion, inbound: Inbound) -> None:
    station = inbound.station
    if station.boot_accepted:
        return
    served = frozenset({BOOT_ACTION}) if station.strict else version.served_before_boot
    # 2.0.1, B01.FR.10 and B02.FR.09, is about one that was told to wait. A registered charge point
    # that has not asked yet may have booted at another CSMS, and has drivers.
    may_have_booted = station.may_charge and not station.strict
    if inbound.action not in served | station.requested_actions and not may_have_booted:
        raise OcppError(BEFORE_BOOT, "no BootNotification was accepted yet")
    if inbound.action != BOOT_ACTION:
        inbound.deviate("before_boot")


def _check_payload(version: OcppVersion, inbound: Inbound, handler: Handler) -> bool:
    if version.schemas.fits_request(inbound.action, inbound.payload):
        return True
    checked = version.schemas.check_request(inbound.action, inbound.payload, handler.dispensable)
    violation = checked.hard
    if violation is None and checked.soft and inbound.station.strict:
        violation = checked.soft[0]
    if violation is not None:
        # The validator's message may quote a secret value.
        message = violation.keyword if inbound.redact_for_trace else violation.message
        details = {"pointer": violation.pointer, "message": message[:255]}
        description = f"{violation.pointer}: {message}".removeprefix(": ")
        raise OcppError(violation.code, description, details)
    for violation in checked.soft:
        inbound.deviate(f"{violation.keyword}:{violation.pointer}"[:100])
    inbound.payload = checked.payload
    return all(violation.keyword != "required" for violation in checked.soft)
