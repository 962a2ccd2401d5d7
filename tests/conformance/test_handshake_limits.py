"""The limits of deploy/nginx: an address that asks without end is refused, and no other."""

import ssl
from http.client import HTTPSConnection
from urllib.parse import urlsplit

import pytest

from tests.gateway_behind_nginx import GatewayBehindNginx
from tests.operated import OperatedCharger

pytestmark = pytest.mark.services

# More than a depot that comes back at once.
MANY = 2500


def statuses(gateway: GatewayBehindNginx, tls: ssl.SSLContext) -> list[int]:
    """What one address is answered that asks for a charger's socket over and over."""
    address = urlsplit(gateway.http)
    assert address.hostname is not None
    connection = HTTPSConnection(
        address.hostname, address.port, context=tls, source_address=("127.0.0.9", 0)
    )
    seen = []
    for _ in range(MANY):
        connection.request("GET", "/ocpp/NOBODY")
        response = connection.getresponse()
        response.read()
        seen.append(response.status)
    connection.close()
    return seen


async def test_an_address_that_asks_without_end_is_refused_and_no_other(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    seen = statuses(behind_nginx, behind_nginx.client())
    assert 429 not in seen[:2000]
    assert seen[-1] == 429
    async with await OperatedCharger.connect(behind_nginx, identity, security_profile=2) as cp:
        await cp.status(1, "Available")
