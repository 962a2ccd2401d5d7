"""The messages of a simulated charger, which `manage.py simulate` sends over a real socket."""

from datetime import UTC, datetime
from typing import Any, Protocol

Payload = dict[str, Any]
Message = tuple[str, Payload]
# The id token of all simulated drivers.
ID_TAG = "SIMULATED"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SimulatedMessages(Protocol):
    """The messages of one charger with one EVSE, and of its one transaction.

    Energy is in Wh, power in W. A message is composed when something happens, perhaps offline;
    `complete` adds what is known only when it is sent: the transaction id from the gateway.
    """

    boot: Message

    def status(self, *, occupied: bool, faulted: bool) -> Message: ...
    def start(self, wh: float) -> Message: ...
    def samples(self, wh: float, watts: float) -> Message: ...
    def stop(self, wh: float) -> Message: ...
    def complete(self, message: Message, transaction_id: str | None) -> Message: ...
    def transaction_id(self, answer: Payload) -> str: ...
