"""The child processes of the demonstration: started, watched and stopped together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from connect_site.demo.environment import REPOSITORY

STOP_WITHIN_S = 10.0
LAST_LINES = 15


class ChildDiedError(Exception):
    """A child process has ended by itself; the message contains the last lines of its log."""


class Processes:
    """Each child has its own session, so that Ctrl-C reaches it only through `stop`."""

    def __init__(self, log_directory: Path) -> None:
        self.log_directory = log_directory
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        """Run Python with `arguments`; what it prints goes to `{name}.log`."""
        with self._log(name).open("wb") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own commands
                [sys.executable, *arguments],
                cwd=REPOSITORY,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise `ChildDiedError` unless all children are alive."""
        for name, child in self._children.items():
            if child.poll() is not None:
                last = self._log(name).read_text(errors="replace").splitlines()[-LAST_LINES:]
                output = "".join(f"\n  {line}" for line in last) or " none"
                raise ChildDiedError(
                    f"{name} ended by itself with status {child.returncode}; its output:{output}"
                )

    def stop(self) -> None:
        """Stop all children, the latest first; kill those that do not stop."""
        for child in reversed(self._children.values()):
            _signal_session(child, signal.SIGTERM)
            deadline = time.monotonic() + STOP_WITHIN_S
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            # Also ends processes that the child may have left behind.
            _signal_session(child, signal.SIGKILL)
            child.wait()
        self._children.clear()

    def _log(self, name: str) -> Path:
        return self.log_directory / f"{name}.log"


def _signal_session(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return
