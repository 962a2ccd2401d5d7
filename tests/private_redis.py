"""A Redis of a test's own, which may be stopped, flushed and held up."""

import signal
import subprocess
import time
from pathlib import Path

from tests.running_gateway import free_port


class Redis:
    """A Redis of the test's own, to be stopped and started."""

    def __init__(self, directory: Path, address: str = "127.0.0.1") -> None:
        self.port = free_port()
        self.url = f"redis://{address}:{self.port}/0"
        self._address = address
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self._directory)]
            + ["--bind", self._address, "--protected-mode", "no"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        ping = ["redis-cli", "-h", self._address, "-p", str(self.port), "ping"]
        while b"PONG" not in subprocess.run(ping, capture_output=True, check=False).stdout:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        flush = ["redis-cli", "-h", self._address, "-p", str(self.port), "flushall"]
        subprocess.run(flush, check=True)

    def hang(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
