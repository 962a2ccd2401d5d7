"""A past that is made up by dice: written as the gateway would, and painted second by second.

The painting knows nothing of how availability is worked out: it is one byte for each second.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chargepoints.models import (
    ChargePoint,
    Connection,
    Connector,
    Evse,
    MaintenanceWindow,
    ServerRun,
    Status,
    StatusChange,
)
from chargepoints.services.availability.timeline import Seconds

STATUSES = (
    *(Status.AVAILABLE, Status.OCCUPIED, Status.AVAILABLE, Status.RESERVED),
    *(Status.FAULTED, Status.UNAVAILABLE, Status.UNKNOWN),
)
STATES = ("up", "faulted", "unavailable", "offline", "unknown", "maintenance", "gateway")
GRACE = timedelta(minutes=5)
Span = tuple[datetime, datetime]
Told = tuple[datetime, str]
Paint = Callable[[datetime, datetime, str], None]


@dataclass
class Past:
    """What was so with one charge point from `begin` to `end`."""

    charge_point: ChargePoint
    begin: datetime
    end: datetime
    dice: random.Random
    downtimes: list[Span] = field(default_factory=list)
    sockets: list[Span] = field(default_factory=list)
    excused: list[Span] = field(default_factory=list)
    windows: list[Span] = field(default_factory=list)
    told: list[tuple[datetime, datetime, int | None, str]] = field(default_factory=list)

    def moment(self, begin: datetime, end: datetime) -> datetime:
        """Mostly between two seconds."""
        at = begin + (end - begin) * self.dice.random()
        return at.replace(microsecond=0) if self.dice.random() < 0.3 else at

    def lasting(self, hours: float) -> timedelta:
        return timedelta(hours=hours * self.dice.expovariate(1) + 0.001)

    # --- What happens

    def happen(self, connectors: int) -> None:
        self._gateway_runs()
        self._charger_connects()
        self._is_maintained()
        for place in (None, *range(1, connectors + 1)):
            self._changes(place)
        # In the order of their receipt, as the gateway writes them.
        StatusChange.objects.bulk_create(
            StatusChange(
                id=int(received_at.timestamp() * 1_000_000) * 10 + (place or 0),
                charge_point=self.charge_point,
                evse_id=place,
                connector_id=1 if place else None,
                status=status,
                ocpp_status=status,
                reported_at=reported_at,
                received_at=received_at,
            )
            for received_at, reported_at, place, status in sorted(self.told, key=lambda row: row[0])
        )

    def _gateway_runs(self) -> None:
        at = self.begin
        while at < self.end:
            until = min(at + self.lasting(200), self.end)
            ended_at = until if until < self.end else None
            ServerRun.objects.create(server_id=uuid.uuid4(), began_at=at, ended_at=ended_at)
            at = until + self.lasting(0.5)
            if until < self.end:
                self.downtimes.append((until, at))

    def _charger_connects(self) -> None:
        at = self._reachable(self.begin + self.lasting(20))
        while at < self.end:
            until = min(at + self.lasting(30), self.end)
            stop = next((span for span in self.downtimes if at <= span[0] < until), None)
            closed_at = stop[0] if stop else until
            up_again = stop[1] if stop else closed_at
            # Where it was not all of the gateway: another process held it, and was lost.
            by_gateway = bool(stop) or self.dice.random() < 0.2
            self._connect(at, closed_at, by_gateway=by_gateway)
            away = self.lasting(0.1 if self.dice.random() < 0.5 else 5)
            at = self._reachable(up_again + away)
            if by_gateway:
                self.excused.append((closed_at, min(at, up_again + GRACE)))

    def _reachable(self, at: datetime) -> datetime:
        """When it gets in, that tries from this moment on."""
        for down, up in self.downtimes:
            if down <= at < up:
                return up + self.lasting(0.01)
        return at

    def _connect(self, at: datetime, until: datetime, *, by_gateway: bool) -> None:
        self.sockets.append((at, until))
        Connection.objects.create(
            id=int(at.timestamp() * 1_000_000) << 10,
            charge_point=self.charge_point,
            protocol="ocpp1.6",
            opened_at=at,
            closed_at=until,
            close_reason=Connection.SERVER_LOST if by_gateway else "closed",
        )

    def _is_maintained(self) -> None:
        for number in range(self.dice.randrange(4)):
            since = self.moment(self.begin, self.end)
            until = since + self.lasting(8)
            self.windows.append((since, until))
            whose = {"charge_point": self.charge_point} if number % 2 else {"site": "North"}
            MaintenanceWindow.objects.create(starts_at=since, ends_at=until, reason="x", **whose)

    def _changes(self, place: int | None) -> None:
        """A charger that is offline tells later; some clocks are a little ahead."""
        at = self.begin + self.lasting(30 if place else 300)
        while at < self.end:
            statuses = STATUSES if place else (*STATUSES[:1] * 5, Status.FAULTED)
            self._tell(at, place, str(self.dice.choice(statuses)))
            at = self.moment(at, at + self.lasting(10 if place else 100)) + timedelta(seconds=1)

    def _tell(self, at: datetime, place: int | None, status: str) -> None:
        socket = next((span for span in self.sockets if span[1] > at), None)
        if socket is None:
            return
        received_at = max(at, socket[0]) + timedelta(milliseconds=self.dice.randrange(1, 900))
        ahead = timedelta(seconds=self.dice.choice((0, 0, 0, 40)))
        self.told.append((received_at, at + ahead, place, status))

    # --- What is so

    def counted(self, place: int, begin: datetime, end: datetime) -> Seconds:
        """Painted over and over, what weighs most last; then each colour is counted."""
        length = int((end - begin).total_seconds())
        canvas = bytearray([STATES.index("unknown")]) * length

        def paint(since: datetime, until: datetime, state: str) -> None:
            first = min(max(_seconds_from(begin, since), 0), length)
            last = min(max(_seconds_from(begin, until), 0), length)
            if first < last:
                canvas[first:last] = bytes([STATES.index(state)]) * (last - first)

        told = self._in_order(place)
        if not told or not self.sockets:
            return Seconds(**_colours(canvas))
        known_from = max(told[0][0], self.sockets[0][0])
        paint(known_from, self.end, "offline")
        for since, until in self.excused:
            paint(max(since, known_from), until, "gateway")
        for since, until in self.sockets:
            self._paint_statuses(paint, told, max(since, known_from), until)
        for since, until in self.downtimes:
            paint(since, until, "gateway")
        for since, until in self.windows:
            paint(since, until, "maintenance")
        return Seconds(**_colours(canvas))

    def _paint_statuses(
        self, paint: Paint, told: list[Told], since: datetime, until: datetime
    ) -> None:
        for (at, status), later in zip(told, [*told[1:], (self.end, "")], strict=True):
            state = status if status in STATES else "up"
            if later[0] > since and at < until:
                paint(max(at, since), min(later[0], until), state)
        station = self._in_order(None)
        for (at, status), later in zip(station, [*station[1:], (self.end, "")], strict=False):
            if status == Status.FAULTED and later[0] > since and at < until:
                paint(max(at, since), min(later[0], until), "faulted")

    def _in_order(self, place: int | None) -> list[Told]:
        mine = [row for row in sorted(self.told, key=lambda row: row[0]) if row[2] == place]
        order = [(min(row[0], row[1]), number, row[3]) for number, row in enumerate(mine)]
        return [(at, status) for at, _, status in sorted(order)]


def make_up(charge_point: ChargePoint, begin: datetime, end: datetime, seed: int) -> Past:
    for number in (1, 2):
        evse = Evse.objects.create(charge_point=charge_point, evse_id=number)
        Connector.objects.create(evse=evse)
    past = Past(charge_point, begin, end, random.Random(seed))
    past.happen(connectors=2)
    return past


def _seconds_from(begin: datetime, at: datetime) -> int:
    """The first second of the canvas that begins at this moment or after it."""
    return -((begin - at) // timedelta(seconds=1))


def _colours(canvas: bytearray) -> dict[str, int]:
    return {state: canvas.count(number) for number, state in enumerate(STATES)}
