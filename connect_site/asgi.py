"""The ASGI application: HTTP to Django, charger sockets to the gateway, lifespan to its process."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
django_application = get_asgi_application()

# Their modules need the applications that the line above has set up.
from chargepoints import probes  # noqa: E402
from chargepoints.gateway.consumer import ChargePointConsumer  # noqa: E402
from chargepoints.gateway.process import lifespan  # noqa: E402
from connect_site.http_threads import BoundedThreads  # noqa: E402
from connect_site.server.denial import deny  # noqa: E402
from connect_site.server.interface import Application, Receive, Scope, Send  # noqa: E402

CHARGER_PATH = "/ocpp/"

http_application = BoundedThreads(django_application, settings.HTTP_THREADS)
charge_point_application: Application = ChargePointConsumer.as_asgi()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await route(scope)(scope, receive, send)


def route(scope: Scope) -> Application:
    if scope["type"] == "http":
        return probes.application if scope["path"] in probes.PROBES else http_application
    if scope["type"] == "lifespan":
        return lifespan
    # Chargers are seen to add slashes in front.
    if f"/{scope['path'].lstrip('/')}".startswith(CHARGER_PATH):
        return charge_point_application
    return not_found


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await deny(send, 404, b"No WebSocket here.")
