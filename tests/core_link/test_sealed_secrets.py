"""Secrets in the database are of no use to who has the database alone."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from chargepoints.models import Mirror
from chargepoints.services.stations.registry import register
from core_link import endpoints
from core_link.models import Endpoint

pytestmark = pytest.mark.django_db
URL = "https://core.example/events"


def stored(table: str, column: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return cursor.fetchone()[0]


def test_an_endpoints_secrets_are_sealed_and_read_as_they_were() -> None:
    endpoint, secret = endpoints.add("core", URL)
    text = stored("core_link_endpoint", "secrets")
    assert text.startswith("sealed:")
    assert secret not in text and secret.removeprefix("whsec_") not in text
    assert Endpoint.objects.get().secrets == [secret]
    newer = endpoints.begin_rotation(endpoint)
    assert Endpoint.objects.get().signing_secrets == [newer, secret]


def test_a_mirrors_password_is_sealed() -> None:
    Mirror.objects.create(
        charge_point=register("CP-1"), url="wss://x.example", password="very-secret"
    )
    assert "very-secret" not in stored("chargepoints_mirror", "password")
    assert Mirror.objects.get().password == "very-secret"


def test_what_was_stored_in_clear_is_read() -> None:
    endpoints.add("core", URL)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_link_endpoint SET secrets = %s", ['["whsec_b2xk"]'])
    assert Endpoint.objects.get().secrets == ["whsec_b2xk"]


def test_another_secret_key_reads_them_with_the_old_one_beside_it_until_they_are_resealed(
    settings: Settings,
) -> None:
    _, secret = endpoints.add("core", URL)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-of-more-than-32-characters"
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS"):
        Endpoint.objects.get()
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Endpoint.objects.get().secrets == [secret]
    said = StringIO()
    call_command("reseal", stdout=said)
    assert "endpoints: 1" in said.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert Endpoint.objects.get().secrets == [secret]
