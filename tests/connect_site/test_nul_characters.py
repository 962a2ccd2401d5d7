"""NUL characters, which PostgreSQL takes in no text, are refused before anything is looked up."""

import pytest
from django.test import AsyncClient, Client


@pytest.mark.parametrize(
    "path",
    [
        "/admin/login/?next=%00",
        "/files/firmware/%00/image.bin",
        "/admin/chargepoints/chargepoint/?protocol=a%00b",
    ],
)
async def test_a_nul_in_an_address_is_a_400(path: str) -> None:
    assert (await AsyncClient().get(path)).status_code == 400
    assert (await AsyncClient().post(path)).status_code == 400


async def test_a_nul_in_a_cookie_is_a_400() -> None:
    client = AsyncClient()
    client.cookies["sessionid"] = "\x00" + "a" * 31
    assert (await client.get("/admin/")).status_code == 400


def test_it_is_refused_synchronously_too() -> None:
    assert Client().get("/admin/login/?next=%00").status_code == 400


@pytest.mark.django_db
@pytest.mark.usefixtures("static_files")
def test_what_only_looks_like_one_is_let_through() -> None:
    client = Client()
    client.cookies["a"] = "%00"
    assert client.get("/admin/login/?next=%2500").status_code == 200
