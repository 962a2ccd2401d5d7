"""When server processes ran: the time in between is the gateway's own downtime."""

import uuid

from django.db import models


class ServerRun(models.Model):
    """From the start of a server process to its end; kept, unlike its `ServerProcess` row.

    The run of a lost process ends with its last heartbeat. If the process returns, a new run
    begins.
    """

    server_id = models.UUIDField(default=uuid.uuid4)
    began_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M:%S}"
