"""An installation under test: a database, an environment, and `manage.py` in it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.connect_site.process import REPOSITORY, until

SECRET = "a secret that is more than long enough for a test"


class Installation:
    """On SQLite in `directory`, unless the environment says otherwise."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.database = directory / "connect.sqlite3"
        self.log = directory / "log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": SECRET,
            "CREDENTIAL_PEPPER": SECRET,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DRAIN_S": "0",
            **environment,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def refuses_to_serve(self, *arguments: str, **environment: str) -> str:
        ended = self.manage("serve", "--port", "0", *arguments, **environment)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        return ended.stderr.strip()

    def serve(self, *arguments: str, listeners: int = 1) -> "subprocess.Popen[bytes]":
        """Starts a server and waits until it listens."""
        expected = self.output.count("Listening on") + listeners
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=REPOSITORY,
                env=self.environment,
                stderr=log,
            )
        self.processes.append(process)
        until(
            lambda: self.output.count("Listening on") >= expected or process.poll() is not None,
            timeout=30,
            complaint=lambda: self.output,
        )
        assert process.poll() is None, self.output
        return process

    @property
    def output(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    @property
    def port(self) -> int:
        return int(self.output.rpartition("Listening on http://127.0.0.1:")[2].split()[0])

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
