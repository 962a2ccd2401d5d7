"""Serves `scripted_app` in a process of its own: `python -m tests.connect_site.served OPTIONS`.

Prints the port once it listens, and then what the application prints. With the option `pages` a
second process serves what the first one hands over; its id is printed first.
"""

import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from connect_site.server.reactor import install_reactor


def run(options: dict[str, Any], handed: socket.socket | None, *, for_pages: bool) -> int:
    install_reactor(threads=2)
    logging.basicConfig(level=logging.INFO)

    from connect_site.server.handover import Handover
    from connect_site.server.server import Options, Server
    from connect_site.server.sockets import listen_on_tcp, listen_on_unix
    from tests.connect_site.scripted_app import application

    unix = options.pop("unix", None)
    listening = []
    if not for_pages:
        listening = [listen_on_tcp("127.0.0.1", 0)] + ([listen_on_unix(Path(unix))] if unix else [])
        say(f"port {listening[0].getsockname()[1]}")
    handover = None if handed is None else Handover(handed, for_pages=for_pages)
    return Server(application, listening, Options(**options), handover).run()


def say(line: str) -> None:
    """In one piece, as two processes may write here."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


def run_both(options: dict[str, Any]) -> int:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    lifeline, held_end = os.pipe()
    if child := os.fork():
        say(f"pages {child}")
        return run(options, ours, for_pages=False)
    ours.close()
    os.close(held_end)
    threading.Thread(target=end_with, args=[lifeline], daemon=True).start()
    return run(options, theirs, for_pages=True)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if given.pop("pages", False):
        sys.exit(run_both(given))
    sys.exit(run(given, None, for_pages=False))
