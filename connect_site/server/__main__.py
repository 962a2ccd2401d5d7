"""A worker of `manage.py serve --workers`: serves on sockets that it inherits.

    python -m connect_site.server LIFELINE SOCKET...

All are numbers of open files. The lifeline is a pipe of the parent's: when it ends, so did the
parent, and the worker stops.
"""

import os
import signal
import socket
import sys
import threading

from django import setup

from connect_site.server.run import run


def stop_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    setup()
    lifeline, *inherited = map(int, sys.argv[1:])
    threading.Thread(target=stop_with_parent, args=[lifeline], daemon=True).start()
    sys.exit(run([socket.socket(fileno=number) for number in inherited]))
