"""The gateway's own health: the room on its disks."""

from dataclasses import dataclass

from chargepoints.database import storage

# With less of a disk left, a person has to act; the alert of Prometheus has the same share.
LOW_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Disk:
    """`name` says of what; `size` and `left` are in bytes."""

    name: str
    size: int
    left: int

    @property
    def is_low(self) -> bool:
        return self.left < LOW_SHARE * self.size


def disks() -> list[Disk]:
    """Those of this machine: of a PostgreSQL elsewhere its own monitoring tells."""
    return [Disk(name, size, left) for name, (size, left) in storage.disks().items()]
