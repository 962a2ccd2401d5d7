"""How much of each fault: little in the default suite, more in CI, all of it in `make faults`."""

import os

SCALE = os.environ.get("FAULTS", "small")


def scaled(small: int, check: int, long: int) -> int:
    """The count for this run: `FAULTS` is `small` (the default), `check` or `long`."""
    return {"small": small, "check": check, "long": long}[SCALE]
