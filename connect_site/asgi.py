"""The ASGI application: HTTP to Django, charger sockets to the gateway, lifespan to its process."""

import os

import django
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
django.setup(set_prefix=False)

from chargepoints.gateway.consumer import ChargePointConsumer  # noqa: E402
from chargepoints.gateway.process import lifespan  # noqa: E402
from connect_site.server.denial import deny  # noqa: E402
from connect_site.server.interface import Application, Receive, Scope, Send  # noqa: E402

CHARGER_PATH = "/ocpp/"

django_application: Application = get_asgi_application()
charge_point_application: Application = ChargePointConsumer.as_asgi()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await route(scope)(scope, receive, send)


def route(scope: Scope) -> Application:
    if scope["type"] == "http":
        return django_application
    if scope["type"] == "lifespan":
        return lifespan
    if scope["path"].startswith(CHARGER_PATH):
        return charge_point_application
    return not_found


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await deny(send, 404, b"No WebSocket here.")
