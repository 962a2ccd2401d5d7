"""Files go through the proxy at the size that they have: TLS is no reason to refuse an image."""

import asyncio
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import requests
from django.contrib.auth.models import User

from tests.gateway_behind_nginx import GatewayBehindNginx
from tests.operated_station import OperatedStation

pytestmark = pytest.mark.services

IMAGE = bytes(range(256)) * 4 * 1024 * 8
PASSWORD = "a-password-for-tests"


def logged_in(gateway: GatewayBehindNginx) -> requests.Session:
    User.objects.create_superuser("boss", password=PASSWORD)
    session = requests.Session()
    session.headers["Referer"] = gateway.http
    form = {"username": "boss", "password": PASSWORD}
    send(session, f"{gateway.http}/admin/login/", form)
    assert "sessionid" in session.cookies
    return session


def send(
    session: requests.Session, page: str, form: dict[str, str], image: bytes | None = None
) -> requests.Response:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', session.get(page).text)
    assert found is not None
    fields = form | {"csrfmiddlewaretoken": found[1]}
    files = None if image is None else {"file": ("image.bin", image)}
    return session.post(page, data=fields, files=files)


async def test_an_image_of_megabytes_comes_from_staff_and_goes_to_a_station(
    behind_nginx: GatewayBehindNginx, identity: str
) -> None:
    name = f"{identity}.bin"
    page = f"{behind_nginx.http}/admin/chargepoints/firmwarefile/add/"
    sent = send(logged_in(behind_nginx), page, {"name": name}, IMAGE)
    assert (sent.status_code, sent.url) == (200, page.removesuffix("add/")), sent.text
    async with await OperatedStation.connect(behind_nginx, identity, security_profile=2) as station:
        request, _ = await station.command(
            "update_firmware", {"firmware": name}, "UpdateFirmware", {"status": "Accepted"}
        )
    location = request["firmware"]["location"]
    assert location.startswith(f"{behind_nginx.http}/files/firmware/")
    assert Path(unquote(urlsplit(location).path)).name == name
    fetched = await asyncio.to_thread(requests.get, location)
    assert fetched.content == IMAGE
