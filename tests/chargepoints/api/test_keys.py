"""Who may ask: keys, their scopes, their end."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chargepoints.models import ApiKey
from tests.chargepoints.api.client import ADMIN, OPERATE, READ, ApiClient, register

pytestmark = pytest.mark.django_db

BODY = {"identity": "DEPOT-7"}


def make_key(*arguments: str) -> str:
    output = StringIO()
    call_command("create_api_key", *arguments, stdout=output)
    return output.getvalue().strip()


def status_with(secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get("/api/v1/charge-points", headers=headers).status_code


def test_the_command_prints_a_key_that_opens_the_api() -> None:
    secret = make_key("core")
    assert status_with(secret) == 200
    assert secret not in str(ApiKey.objects.values())


def test_a_key_from_the_command_reads_only_unless_told_otherwise() -> None:
    make_key("reader")
    make_key("core", "--scope", "admin", "--expires-days", "30")
    assert ApiKey.objects.get(name="reader").scope == READ
    key = ApiKey.objects.get(name="core")
    assert key.scope == ADMIN
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - timezone.now() < timedelta(days=31)


def test_the_command_refuses_a_name_that_is_taken() -> None:
    make_key("core")
    with pytest.raises(CommandError, match="already"):
        make_key("core")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic Y29yZTprZXk="}],
)
def test_without_a_good_key_the_answer_is_401(headers: dict[str, Any]) -> None:
    answer = Client().get("/api/v1/charge-points", headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] in ("not_authenticated", "authentication_failed")


def test_an_expired_or_revoked_key_is_401() -> None:
    past = timezone.now() - timedelta(seconds=1)
    _, expired = ApiKey.issue("expired", READ, expires_at=past)
    _, revoked = ApiKey.issue("revoked", READ, revoked_at=past)
    assert status_with(expired) == 401
    assert status_with(revoked) == 401


def test_reading_takes_read_commanding_operate_and_registering_admin() -> None:
    register()
    read, operate, admin = (ApiClient(scope, scope) for scope in (READ, OPERATE, ADMIN))
    command = {"type": "reset", "args": {}}
    for client, commanding, registering in [
        (read, 403, 403),
        (operate, 202, 403),
        (admin, 202, 201),
    ]:
        assert client.get("/charge-points").status_code == 200
        assert client.post("/charge-points/DEPOT-7/commands", command).status_code == commanding
        answer = client.post("/charge-points", {"identity": f"NEW-{client.key.name}"})
        assert answer.status_code == registering
    assert read.post("/charge-points", BODY).json()["code"] == "permission_denied"


def test_the_last_use_is_noted_once_a_minute() -> None:
    client = ApiClient()
    client.get("/charge-points")
    client.key.refresh_from_db()
    first = client.key.last_used_at
    assert first is not None
    client.get("/charge-points")
    client.key.refresh_from_db()
    assert client.key.last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get("/charge-points")
    client.key.refresh_from_db()
    assert client.key.last_used_at is not None
    assert client.key.last_used_at >= first


def test_a_key_that_asks_too_often_is_told_when_to_go_on(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    client, other = ApiClient(), ApiClient(name="other")
    answers = [client.get("/charge-points") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert [answer["RateLimit-Limit"] for answer in answers] == ["2", "2", "2"]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert all(1 <= int(answer["RateLimit-Reset"]) <= 60 for answer in answers)
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert other.get("/charge-points").status_code == 200
