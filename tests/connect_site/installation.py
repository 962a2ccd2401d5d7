"""An installation under test: a database, an environment, and `manage.py` in it."""

import os
import subprocess
from pathlib import Path

from tests.connect_site.process import until
from tests.warm_start import ManagePy, run_manage_py

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
        self.processes: list[ManagePy] = []

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_manage_py(list(arguments), self.environment | environment)

    def refuses_to_serve(self, *arguments: str, **environment: str) -> str:
        ended = self.manage("serve", "--port", "0", *arguments, **environment)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        return ended.stderr.strip()

    def serve(self, *arguments: str, listeners: int = 1) -> ManagePy:
        """Starts a server and waits until it listens."""
        expected = self.output.count("Listening on") + listeners
        process = ManagePy(["serve", *arguments], self.environment, self.log)
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
