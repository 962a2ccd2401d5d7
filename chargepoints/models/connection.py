"""Server processes, the sockets that they hold, and the handshakes that they refused."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from .charge_point import ChargePoint


class ServerProcess(models.Model):
    """A running server process; its connections are closed once its heartbeat stops."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "server processes"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @property
    def channel(self) -> str:
        """The channel-layer address at which this process receives nudges."""
        return f"server.{self.id.hex}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def new_epoch(at: datetime | None = None, after: int | None = None) -> int:
    """A number for a connection, greater than every earlier one of the same charge point.

    Made from the time in microseconds, so that the row can be inserted together with others.
    `after`: the id of the previous connection, which another host with a faster clock may have
    opened.
    """
    microseconds = ((at or timezone.now()) - _EPOCH) // _MICROSECOND
    return max(microseconds << 10 | secrets.randbits(10), (after or 0) + 1)


class Connection(models.Model):
    """One WebSocket of a charge point. Its id is the epoch: a later one is the newer socket."""

    SERVER_STOPPED, SERVER_LOST = "the server stopped", "the server was lost"
    # Close reasons that neither the charge point nor the network caused.
    OF_THE_SERVER = frozenset({SERVER_STOPPED, SERVER_LOST})
    NO_STORE = "the database does not answer"
    CLOSED_WITHOUT_STORE = "the socket closed while the database was away"
    # The same, and closed because of the gateway's database.
    OF_THE_GATEWAY = OF_THE_SERVER | {NO_STORE, CLOSED_WITHOUT_STORE}

    id = models.BigIntegerField(primary_key=True, default=new_epoch)
    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="connections"
    )
    # No constraint: another process may have removed the server's row during an outage.
    server = models.ForeignKey(
        ServerProcess,
        null=True,
        on_delete=models.SET_NULL,
        related_name="connections",
        db_constraint=False,
    )
    protocol = models.CharField(max_length=20)
    remote_address = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=255)
    deviations = models.JSONField(default=list)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_code = models.PositiveIntegerField(null=True, blank=True)
    close_reason = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["server"], name="connection_open", condition=models.Q(closed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.protocol} {self.opened_at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def row(
        *,
        id: int,
        charge_point_id: int,
        server_id: uuid.UUID,
        protocol: str,
        remote_address: str,
        path: str,
        deviations: list[str],
        opened_at: datetime,
    ) -> tuple[Any, ...]:
        """An open connection's row for `UnitOfWork.append`: all columns, in their order."""
        return (
            id,
            charge_point_id,
            server_id,
            protocol,
            remote_address,
            path,
            deviations,
            opened_at,
            None,
            None,
            "",
        )


class HandshakeRefusal(models.Model):
    """Repeated refusals of a handshake, counted in one row, with the remedy for staff."""

    identity = models.CharField(max_length=255)
    address = models.CharField(max_length=64)
    reason = models.CharField(max_length=50)
    remedy = models.CharField(max_length=255)
    status_code = models.PositiveSmallIntegerField()
    path = models.CharField(max_length=255)
    user = models.CharField(max_length=255, blank=True)
    offered_protocols = models.CharField(max_length=255, blank=True)
    count = models.PositiveIntegerField(default=1)
    window_started_at = models.DateTimeField(
        default=timezone.now, help_text="begin of the minute that `window_count` counts"
    )
    window_count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)
    blocked = models.BooleanField(
        default=False, db_default=False, help_text="still counted, but hidden from the list"
    )

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "address", "reason"], name="refusal_counted_once"
            )
        ]
        indexes = [models.Index(fields=["address", "window_started_at"], name="refusal_of_address")]

    def __str__(self) -> str:
        return f"{self.identity} from {self.address}: {self.reason}"

    @property
    def reason_in_words(self) -> str:
        return self.reason.replace("_", " ")
