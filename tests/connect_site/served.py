"""Serves `scripted_app` in a process of its own: `python -m tests.connect_site.served OPTIONS`.

Prints the port once it listens, and then what the application prints.
"""

import json
import logging
import sys
from pathlib import Path

from connect_site.server.reactor import install_reactor

if __name__ == "__main__":
    install_reactor(threads=2)
    logging.basicConfig(level=logging.INFO)

    from connect_site.server.server import Options, Server
    from connect_site.server.sockets import listen_on_tcp, listen_on_unix
    from tests.connect_site.scripted_app import application

    options = json.loads(sys.argv[1])
    unix = options.pop("unix", None)
    listening = [listen_on_tcp("127.0.0.1", 0)] + ([listen_on_unix(Path(unix))] if unix else [])
    print("port", listening[0].getsockname()[1], flush=True)
    sys.exit(Server(application, listening, Options(**options)).run())
