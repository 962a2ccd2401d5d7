"""What people find who open an address of the server in a browser."""

from collections.abc import Mapping
from typing import Any

from django.test import Client

from connect_site import asgi
from connect_site.server.interface import Scope


def test_the_bare_address_leads_to_the_admin() -> None:
    answer = Client().get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


async def test_a_charger_s_address_without_a_websocket_says_what_it_is_for() -> None:
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "path": "/ocpp/CP-1", "method": "GET", "headers": []}
    await asgi.application(scope, receive, send)
    assert sent[0]["status"] == 426
    assert (b"upgrade", b"websocket") in sent[0]["headers"]
    assert b"WebSocket" in sent[1]["body"]
