"""One of the processes of `manage.py serve` (`workers.py`), on sockets that it inherits.

All arguments are file descriptors. The lifeline is the parent's pipe: it closes when the parent
ends, and then the process stops. A process without `--listen` serves pages, on connections that
the others hand over.
"""

import os
import signal
import socket
import sys
import threading
from argparse import ArgumentParser

from django import setup

from connect_site.server.run import run


def stop_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--handover", type=int)
    parser.add_argument("--listen", type=int, action="append", default=[])
    numbers = parser.parse_args()
    setup()
    threading.Thread(target=stop_with_parent, args=[numbers.lifeline], daemon=True).start()
    handed = None if numbers.handover is None else socket.socket(fileno=numbers.handover)
    listening = [socket.socket(fileno=number) for number in numbers.listen]
    sys.exit(run(listening, handed, for_pages=not listening))
