"""One CALL of a charger while it is handled."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from chargepoints.clock import GATEWAY, TIME_MISSING, Moment, is_backfill, read_time
from chargepoints.database.prepared import PreparedQuery
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.event_types import EventType
from chargepoints.models import Event, TimeQuality, Transaction
from chargepoints.protocol.station import Station
from chargepoints.traces import Work

# A long message may have a deviation in each of its samples.
MOST_DEVIATIONS = 50
MORE_DEVIATIONS = "more_deviations"
# Repetitions follow soon after; there is no index by event type.
RECENT = 50

Found = TypeVar("Found")

_RECENT = PreparedQuery(
    lambda charge_point_id: (
        Event.objects.filter(charge_point_id=charge_point_id)
        .order_by("-sequence")
        .values_list("id", "type")[:RECENT]
    )
)
_CONTENT = PreparedQuery(
    lambda event_id: Event.objects.filter(pk=event_id).values_list("data", "ocpp")
)


class Writer(Protocol):
    """The gateway's writer, which runs units of work in transactions."""

    def look_up(self, work: Callable[[UnitOfWork], Found]) -> Awaitable[Found]: ...


@dataclass(slots=True)
class Inbound:
    """`payload` has its original field names, corrected to fit its schema; `deviations` lists the
    defects.

    `unit` is the transaction in which the handler runs; `decide` runs before there is one.
    `redact_for_trace` is set if the trace must not show all of the payload.
    """

    station: Station
    version: str
    action: str
    message_id: str
    payload: dict[str, Any]
    received_at: datetime
    deviations: list[str]
    writer: Writer
    unit: UnitOfWork = field(init=False)
    redact_for_trace: Callable[[str, Any], Any] | None = None
    # Monotonic time.
    begun: float = field(default_factory=time.monotonic)
    # A long message: its lists are left out of its events and of the trace.
    long: bool = False
    # The open transactions, with this unit's changes; None until first queried.
    open_transactions: dict[str, Transaction] | None = None
    # Other rows of the charge point that a start or end of a transaction needs, for this unit.
    other_rows: object = None
    # The message's id as JSON for the answer, if it differs from the stored text.
    json_id: str = ""

    def begin(self, unit: UnitOfWork, deviations: list[str]) -> None:
        """Prepare for handling in this transaction; called again if the transaction is retried."""
        self.unit = unit
        self.deviations = list(deviations)
        self.open_transactions = self.other_rows = None

    def deviate(self, deviation: str) -> None:
        if not deviation or deviation in self.deviations:
            return
        if len(self.deviations) < MOST_DEVIATIONS:
            self.deviations.append(deviation)
        elif self.deviations[-1] != MORE_DEVIATIONS:
            self.deviations.append(MORE_DEVIATIONS)

    def look_up(self, query: Callable[[UnitOfWork], Found]) -> Awaitable[Found]:
        """Query the database before the message is handled: for `decide`, on the event loop.

        Raises StoreUnavailable.
        """
        return self.writer.look_up(query)

    @property
    def work(self) -> Work:
        station = self.station
        return Work(station.identity, station.id, self.received_at, self.message_id)

    @property
    def traced_payload(self) -> dict[str, Any]:
        payload = self.payload
        if self.redact_for_trace is not None:
            payload = self.redact_for_trace(self.action, payload)
        if self.long:
            payload = {name: each for name, each in payload.items() if not isinstance(each, list)}
        return payload

    def time(self, text: object) -> Moment:
        moment = read_time(text, self.received_at)
        self.deviate(moment.deviation)
        return moment

    def time_of_part(self, text: object, whole: Moment | None) -> Moment:
        """The time of a part of the message; if it has none, that of `whole`, as an estimate."""
        if whole is None or text not in (None, ""):
            return self.time(text)
        self.deviate(TIME_MISSING)
        return whole._replace(quality=TimeQuality.ESTIMATED)

    def emit(self, type: EventType, data: dict[str, Any], moment: Moment | None = None) -> None:
        """Emit an event that this message caused, with the message as the charger sent it."""
        at = moment.at if moment else self.received_at
        self.unit.emit(
            self.station.id,
            type,
            data,
            occurred_at=at,
            received_at=self.received_at,
            time_quality=moment.quality if moment else GATEWAY,
            backfill=is_backfill(at, self.received_at),
            deviations=self.deviations,
            ocpp={
                "version": self.version,
                "action": self.action,
                "message_id": self.message_id,
                "payload": self.traced_payload,
            },
        )

    def emit_unless_repeated(self, type: EventType, data: dict[str, Any]) -> None:
        """Emit an event without a row of its own, unless the last event of this type came from the
        same message: then the charger has repeated it (P4).
        """
        recent = _RECENT.all(self.station.id)
        latest = next((event_id for event_id, its_type in recent if its_type == type), None)
        if latest is not None:
            data_before, ocpp = _CONTENT.one(latest)
            if data_before == data and (ocpp or {}).get("payload") == self.traced_payload:
                return
        self.emit(type, data)


def clip(value: object, length: int) -> str:
    """The value as text that fits a column of this length; None becomes empty."""
    return "" if value is None else str(value)[:length]
