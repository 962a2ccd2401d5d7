"""The gateway's own health: the free space on its disks."""

from dataclasses import dataclass

from chargepoints.database import storage

# With less free space, a person has to act; the Prometheus alert uses the same share.
LOW_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Disk:
    """`name`: what is stored on it; `size` and `left` are in bytes."""

    name: str
    size: int
    left: int

    @property
    def is_low(self) -> bool:
        return self.left < LOW_SHARE * self.size


def disks() -> list[Disk]:
    """The disks of this machine; a PostgreSQL server elsewhere has its own monitoring."""
    return [Disk(name, size, left) for name, (size, left) in storage.disks().items()]
