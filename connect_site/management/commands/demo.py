"""`manage.py demo`, or `make run`: the gateway with a fake core and six simulated chargers."""

import json
import signal
import socket
import time
from contextlib import suppress
from typing import Any, NoReturn

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from chargepoints.management import numbers
from connect_site.demo.data import USER, prepare
from connect_site.demo.environment import DIRECTORY, load_secrets
from connect_site.demo.processes import ChildDiedError, Processes

START_WITHIN_S = 60.0
WATCH_EVERY_S = 0.3
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

BANNER = """
  Connect is running, with six simulated chargers and a fake core.

    Admin       {http}/admin/
    User        {user}
    Password    {password}

    Fake core   {core}/
    Chargers    {url}/<identity>
    Log files   {logs}/

  Vehicles charge for two minutes instead of two hours, so their energy rises much faster
  than their power would explain.

  Ctrl-C stops all of it.
"""


class Command(BaseCommand):
    help = "Show the gateway at work: server, event worker, a fake core, six simulated chargers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=numbers.port, default=settings.PORT)
        parser.add_argument("--core-port", type=numbers.port, help="the next one, if not given")

    def handle(self, *args: Any, port: int, core_port: int | None, **options: Any) -> None:
        core_port = core_port or port + 1
        _refuse_a_taken_port(port)
        _refuse_a_taken_port(core_port)
        # Set explicitly, because a shell starts background processes with SIGINT ignored.
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        processes = Processes(DIRECTORY)
        try:
            self._run(processes, port, core_port)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping ...")
        except ChildDiedError as error:
            raise CommandError(f"{error}\nAll else is stopped.") from None
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            processes.stop()

    def _run(self, processes: Processes, port: int, core_port: int) -> None:
        http, core = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{core_port}"
        url = f"ws://127.0.0.1:{port}/ocpp"
        environment = {"CORE_URL": core, "EVENTS_URL": f"{core}/events"}
        processes.start("fake-core", "manage.py", "fake_core", "--port", str(core_port))

        self.stdout.write("Preparing the database ...")
        password = load_secrets()["admin_password"]
        keys = prepare(password)
        connections.close_all()

        self.stdout.write("Starting the server ...")
        processes.start("server", "manage.py", "serve", "--port", str(port), **environment)
        _wait_for(f"{core}/faults", processes)
        _wait_for(f"{http}/healthz", processes)
        processes.start("events", "manage.py", "deliver_events", **environment)
        fleet = {
            "FLEET_URL": url,
            "FLEET_KEYS": json.dumps(keys),
            "FLEET_METERS": str(DIRECTORY / "meters.json"),
        }
        processes.start("chargers", "-m", "tests.fakes.fleet", **fleet)
        self.stdout.write(
            BANNER.format(
                http=http, core=core, url=url, user=USER, password=password, logs=DIRECTORY
            )
        )
        while True:
            processes.check()
            time.sleep(WATCH_EVERY_S)


def _refuse_a_taken_port(port: int) -> None:
    with socket.socket() as probe:
        # As in the server: a port with connections in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"port {port} cannot be used: {error.strerror}. "
                "Choose another, and the one after it: PORT=8100 make run"
            ) from None


def _wait_for(url: str, processes: Processes) -> None:
    """Wait until `url` answers with 200; raises `ChildDiedError` or `CommandError`."""
    deadline = time.monotonic() + START_WITHIN_S
    with requests.Session() as session:
        session.trust_env = False  # a proxy cannot reach this machine's own ports
        while time.monotonic() < deadline:
            processes.check()
            with suppress(requests.RequestException):
                if session.get(url, timeout=2).ok:
                    return
            time.sleep(0.1)
    raise CommandError(f"{url} has not answered within {START_WITHIN_S:.0f} seconds")


def _interrupt(*_: object) -> NoReturn:
    # Only once: `make` and the terminal may both send the signal.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
