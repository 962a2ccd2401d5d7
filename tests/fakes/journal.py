"""A charger's own account of what was said: one of the journals that a checker compares."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes import frames

Frame = list[Any]


@dataclass
class SentCall:
    """A journal line: a CALL of the charger and, once it came, the gateway's reply to it."""

    message_id: str
    action: str
    payload: Any
    sent_at: float
    reply: Frame | None = None
    replied_at: float | None = None

    @property
    def acknowledged(self) -> bool:
        return self.reply is not None and self.reply[0] == frames.CALLRESULT


@dataclass
class Journal:
    """All that a charger sent and all that the gateway asked, in order."""

    calls: list[SentCall] = field(default_factory=list)
    asked: list[Frame] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[SentCall]:
        return [call for call in self.calls if call.acknowledged]
