"""What chargers say of transactions, in the words that OCPP has for it.

Core is told one of these, whatever a charger that is not strict has sent; that stays in the trace
and in the event's `ocpp`.
"""

from django.db.models import TextChoices

from chargepoints.models import ChargingState, StopReason


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _by_folded(words: type[TextChoices]) -> dict[str, str]:
    return {_folded(word): str(word) for word in words.values}


_REASONS = _by_folded(StopReason)
_STATES = _by_folded(ChargingState)


def stop_reason(said: str) -> str:
    """One that OCPP does not know is Other."""
    return _REASONS.get(_folded(said), str(StopReason.OTHER)) if said else ""


def charging_state(said: str) -> str:
    """One that OCPP does not know says nothing."""
    return _STATES.get(_folded(said), "")
