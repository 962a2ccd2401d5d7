"""Static files: from the server itself, without a directory of collected ones."""

import pytest
from django.test import AsyncClient, Client

SCRIPT = "/static/drf_spectacular_sidecar/swagger-ui-dist/oauth2-redirect.js"


pytestmark = pytest.mark.usefixtures("static_files")


async def test_a_file_is_served_once_and_then_known() -> None:
    first = await AsyncClient().get(SCRIPT)
    assert first.status_code == 200
    assert first["Content-Type"].startswith("text/javascript")
    assert first["Content-Length"] == str(len(first.content))
    headers = {"If-None-Match": first["ETag"]}
    again = await AsyncClient().get(SCRIPT, headers=headers)
    assert (again.status_code, again.content) == (304, b"")


async def test_a_part_of_a_file_is_served_where_it_is_asked_for() -> None:
    whole = await AsyncClient().get(SCRIPT)
    part = await AsyncClient().get(SCRIPT, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole.content[2:6])


async def test_no_other_file_is_served() -> None:
    for path in ("/static/nothing.js", "/static/../manage.py", "/static/%2e%2e/manage.py"):
        assert (await AsyncClient().get(path)).status_code == 404


def test_it_serves_synchronously_too() -> None:
    assert Client().get(SCRIPT).status_code == 200
    assert Client().post(SCRIPT).status_code == 405
