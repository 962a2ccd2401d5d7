"""`python -m benchmarks.core_link [--events N] [--decisions N] [--directory DIR]`

Events: so many wait; how fast `manage.py deliver_events` takes them to a core that answers in
5 ms, and what CPU time one costs. Decisions: how long `authorize` takes while core answers in
5 ms, and while it never answers.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.core_link import measure
from benchmarks.gateway import temporary_directory


def main() -> None:
    options = _options()
    with temporary_directory(options.directory, keep=False) as directory:
        measure.run(directory, options.events, options.decisions)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.core_link", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("/var/tmp") if os.access("/var/tmp", os.W_OK) else Path(tempfile.gettempdir()),
        help="where the databases are made: a real disk (/var/tmp)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
