"""Puts each fault into a copy of the product and sees that a test notices: `make mutants`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.mutants import MUTANTS, Mutant

REPOSITORY = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", ".*_cache", "node_modules")
TESTS_FAILED = 1
WITHIN_S = 300


def outcome(copy: Path, tests: list[str]) -> tuple[int, str]:
    """The exit status of pytest, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        command, cwd=copy, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    return done.returncode, done.stdout + done.stderr


def survives(copy: Path, mutant: Mutant) -> str:
    """Why the mutant was not caught; empty where it was."""
    path = copy / mutant.path
    original = path.read_text()
    if original.count(mutant.old) != 1:
        return "its place is not there, or more than once"
    path.write_text(original.replace(mutant.old, mutant.new))
    try:
        status, printed = outcome(copy, [mutant.caught_by])
    finally:
        path.write_text(original)
    return "" if status == TESTS_FAILED else f"pytest ended with {status}:\n{printed}"


def main() -> int:
    chosen = [mutant for mutant in MUTANTS if all(word in mutant.name for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "connect"
        shutil.copytree(REPOSITORY, copy, ignore=NOT_COPIED)
        status, printed = outcome(copy, sorted({mutant.caught_by for mutant in chosen}))
        if status != 0:
            print(f"the tests fail without any mutant:\n{printed}")
            return 1
        survivors = 0
        for mutant in chosen:
            why = survives(copy, mutant)
            survivors += bool(why)
            print(f"{'SURVIVED' if why else 'caught':8}  {mutant.promise:9}  {mutant.name}")
            if why:
                print(why)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
