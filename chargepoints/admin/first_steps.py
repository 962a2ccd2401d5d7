"""The first steps of a charge point until its first charge: what is done, and what is next."""

from dataclasses import dataclass

from chargepoints.admin import live
from chargepoints.models import ChargePoint, Transaction


@dataclass(frozen=True, slots=True)
class Step:
    done: bool
    text: str
    # What to do while the step is not done.
    next: str


def of(charge_point: ChargePoint) -> list[Step]:
    """Empty if it has charged before: then its setup is complete."""
    if live.open_transactions(charge_point):
        return []
    if Transaction.objects.filter(charge_point=charge_point).exists():
        return []
    return [
        Step(
            charge_point.last_seen_at is not None,
            "connected",
            "Enter the address, the user name and the password in the charger. If the gateway"
            " refuses it, Refused handshakes says why.",
        ),
        Step(
            charge_point.booted_at is not None,
            "sent its BootNotification",
            "Restart the charger: it sends a BootNotification when it starts.",
        ),
        Step(
            bool(live.labelled_connectors(charge_point)),
            "reported its connectors",
            "Send the command Trigger with StatusNotification.",
        ),
        Step(False, "charged for the first time", "Plug in a vehicle and present a token."),
    ]
