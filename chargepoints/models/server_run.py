"""When server processes ran: what nothing was heard of in between is the gateway's own downtime."""

import uuid

from django.db import models


class ServerRun(models.Model):
    """From the start of a server process to its end; kept, where `ServerProcess` goes with it.

    A process that was lost ends with its last heartbeat; so does one that was away and came back,
    which then begins another run.
    """

    server_id = models.UUIDField(default=uuid.uuid4)
    began_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M:%S}"
