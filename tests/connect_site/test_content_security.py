"""What a browser may load and run for each kind of answer."""

import pytest
from django.test import AsyncClient, Client

from connect_site.content_security import HEADER


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/charge-points", "/healthz", "/openapi.json", "/nothing"])
def test_an_answer_that_is_no_page_may_load_nothing(path: str) -> None:
    policy = Client().get(path)[HEADER]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_admin_loads_and_sends_nothing_outside_this_site(admin_client: Client) -> None:
    policy = admin_client.get("/admin/")[HEADER]
    sources = {word for rule in policy.split("; ") for word in rule.split()[1:]}
    assert sources == {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:"}
    assert "frame-ancestors 'none'" in policy


async def test_an_answer_of_the_asynchronous_server_has_a_policy() -> None:
    assert HEADER in (await AsyncClient().get("/healthz")).headers
    assert HEADER in (await AsyncClient().get("/static/unfold/css/styles.css")).headers
