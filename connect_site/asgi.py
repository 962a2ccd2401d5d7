"""The ASGI application: HTTP to Django, charger sockets to the gateway, lifespan to its process."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
django_application = get_asgi_application()

# These modules need the applications that the line above has set up.
from chargepoints.api import probes  # noqa: E402
from chargepoints.gateway.consumer import ChargePointConsumer  # noqa: E402
from chargepoints.gateway.handshake import is_charger_path  # noqa: E402
from chargepoints.gateway.process import lifespan  # noqa: E402
from connect_site.http_threads import BoundedThreads  # noqa: E402
from connect_site.server.interface import Application, Receive, Scope, Send  # noqa: E402

http_application = BoundedThreads(django_application, settings.HTTP_THREADS)
charge_point_application: Application = ChargePointConsumer.as_asgi()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await route(scope)(scope, receive, send)


def route(scope: Scope) -> Application:
    if scope["type"] == "lifespan":
        return lifespan
    if scope["type"] == "websocket":
        return charge_point_application
    if scope["path"] in probes.PROBES:
        return probes.application
    by_charger = is_charger_path(scope["path"])
    return upgrade_required if by_charger else http_application


async def upgrade_required(scope: Scope, receive: Receive, send: Send) -> None:
    """RFC 9110, 15.5.22: the charger's URL was opened with a browser."""
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"Upgrade"),
        (b"upgrade", b"websocket"),
    ]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": b"Only a charger's WebSocket here.\n"})
