"""Programs in a process of their own, which find the libraries imported already.

Importing them takes three quarters of a server's start. Here a process that has done so once forks
for each start; what runs then is the program, with its own arguments, environment and output. The
libraries are those that read no settings: nothing of the product is imported before the fork.
"""

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LIBRARIES = [
    "autobahn.twisted.websocket",
    "channels_redis.core",
    "daphne.http_protocol",
    "django.contrib.admin.utils",
    "django.contrib.postgres.fields",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.test.signals",
    "environs",
    "jsonschema_rs",
    "prometheus_client",
    "psycopg_pool",
    "requests",
    "rest_framework.compat",
    "rest_framework.serializers",
    "standardwebhooks",
    "twisted.internet.asyncioreactor",
    "twisted.web.server",
    "uvloop",
    "whitenoise.middleware",
]

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(LIBRARIES)


class WarmProcess:
    """Runs a module as `python -m` does; what it prints is appended to files; like a `Popen`."""

    def __init__(
        self,
        module: str,
        arguments: list[str],
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path | None = None,
    ) -> None:
        outputs = (str(stdout), str(stderr or stdout))
        # A daemon: it ends with the tests, whatever becomes of them.
        self._process = _forking.Process(
            target=_run, args=(module, arguments, dict(environment), outputs), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("manage.py", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class ManagePy(WarmProcess):
    """`manage.py {arguments}`."""

    def __init__(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path | None = None,
    ) -> None:
        super().__init__("manage", arguments, environment, stdout, stderr)


def run_manage_py(
    arguments: list[str], environment: Mapping[str, str], within: float = 60
) -> subprocess.CompletedProcess[str]:
    """Wait for its end; like `subprocess.run`."""
    with tempfile.TemporaryDirectory() as directory:
        stdout, stderr = Path(directory, "stdout"), Path(directory, "stderr")
        status = ManagePy(arguments, environment, stdout, stderr).wait(within)
        return subprocess.CompletedProcess(
            arguments, status, stdout.read_text(), stderr.read_text()
        )


def _run(
    module: str, arguments: list[str], environment: dict[str, str], outputs: tuple[str, str]
) -> None:
    gc.freeze()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(REPOSITORY)
    for descriptor, path in enumerate(outputs, start=1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(":")
    sys.argv = [f"{module}.py", *arguments]
    runpy.run_module(module, run_name="__main__")
