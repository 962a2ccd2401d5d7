"""Charging states and stop reasons of chargers, converted to OCPP's enum values.

Core gets only these values. The original stays in the trace and in the event's `ocpp`.
"""

from django.db.models import TextChoices

from chargepoints.models import ChargingState, StopReason


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _by_folded(values: type[TextChoices]) -> dict[str, str]:
    return {_folded(value): str(value) for value in values.values}


_REASONS = _by_folded(StopReason)
_STATES = _by_folded(ChargingState)


def stop_reason(reported: str) -> str:
    """Unknown reasons become Other."""
    return _REASONS.get(_folded(reported), str(StopReason.OTHER)) if reported else ""


def charging_state(reported: str) -> str:
    """Unknown states become empty."""
    return _STATES.get(_folded(reported), "")
