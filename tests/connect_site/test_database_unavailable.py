"""The pages of staff while the database is away."""

import logging
from typing import Any

import pytest
from django.db import InternalError, OperationalError
from django.test import Client

from chargepoints.models import ChargePoint


@pytest.mark.expected_errors("Service Unavailable")
@pytest.mark.parametrize("kind", [OperationalError, InternalError])
def test_a_page_without_a_database_says_so_and_is_503(
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: type[Exception],
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise kind("connection refused by 10.0.0.1")

    assert admin_client.get("/admin/").status_code == 200
    monkeypatch.setattr(ChargePoint.objects, "get_queryset", fail)
    with caplog.at_level(logging.WARNING):
        answer = admin_client.get("/admin/")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    page = answer.content.decode()
    assert "The database does not answer" in page and "10.0.0.1" not in page
    assert "/admin/ could not use the database: connection refused" in caplog.text
    assert "Traceback" not in caplog.text
