"""Other ASGI servers at `connect_site.asgi:application`: they serve chargers, or say why not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.fakes.trials import until
from tests.running_gateway import free_port
from tests.warm_start import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.embedded]

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "Wall 22"}
APPLICATION = "connect_site.asgi:application"


class Server:
    """On an empty database of its own, which lets unknown chargers connect."""

    def __init__(self, folder: Path, module: str, option: str) -> None:
        self.port = free_port()
        self.log = folder / "server.log"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "connect_site.settings",
            "DATABASE_URL": f"sqlite:///{folder}/other.sqlite3",
            "REDIS_URL": "",
            "SECRET_KEY": "k" * 50,
            "CREDENTIAL_PEPPER": "p" * 50,
            "UNKNOWN_CHARGE_POINTS": "pending",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=REPOSITORY, env=environment, check=True)
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, option, str(self.port), APPLICATION],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_alive(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).ok
        except requests.ConnectionError:
            return False

    async def connect(self) -> RawCharger:
        await until(self.is_alive, 60)
        return await RawCharger.connect(f"ws://127.0.0.1:{self.port}/ocpp", "NEW", "a-key-of-some")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)


async def test_uvicorn_serves_chargers_too(tmp_path: Path) -> None:
    server = Server(tmp_path, "uvicorn", "--port")
    try:
        async with await server.connect() as charger:
            assert (await charger.call("BootNotification", BOOT))[2]["status"] == "Pending"
    finally:
        server.stop()


async def test_plain_daphne_has_no_gateway_and_says_so(tmp_path: Path) -> None:
    server = Server(tmp_path, "daphne", "--port")
    try:
        with pytest.raises(HandshakeRefusedError) as refused:
            await server.connect()
        assert refused.value.status == 403
        assert "start it with manage.py serve" in server.log.read_text()
        assert "Traceback" not in server.log.read_text()
    finally:
        server.stop()
