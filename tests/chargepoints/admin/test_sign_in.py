"""Signing in: who guesses passwords waits, and nobody else does."""

from itertools import count

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chargepoints import minute_counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]

addresses = (f"192.0.2.{number}" for number in count(1))
SIGN_IN = "/admin/login/"


@pytest.fixture(autouse=True)
def user(settings: Settings) -> User:
    """With a password that takes no half a second to compare."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_superuser("jane", password="correct")


@pytest.fixture
def address() -> str:
    """One that has not failed in another test."""
    return next(addresses)


def signs_in(address: str, *, user: str = "jane", password: str = "correct") -> bool:
    form = {"username": user, "password": password}
    answer = Client(REMOTE_ADDR=address).post(SIGN_IN, form)
    return answer.status_code == 302


def test_a_user_who_fails_five_times_waits_and_only_at_their_address(address: str) -> None:
    for _ in range(5):
        assert not signs_in(address, password="guess")
    assert not signs_in(address, user="Jane")
    assert not signs_in(address)
    assert signs_in(next(addresses))


def test_an_address_that_fails_twenty_times_waits_whoever_it_claims_to_be(address: str) -> None:
    for number in range(20):
        assert not signs_in(address, user=f"user-{number}")
    assert not signs_in(address)
    assert signs_in(next(addresses))


def test_the_page_says_that_one_has_to_wait(address: str) -> None:
    form = {"username": "jane", "password": "guess"}
    answers = [Client(REMOTE_ADDR=address).post(SIGN_IN, form) for _ in range(6)]
    assert b"Wait a minute" not in answers[4].content
    assert b"Wait a minute" in answers[5].content


def test_after_a_minute_one_may_try_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        assert not signs_in(address, password="guess")
    monkeypatch.setattr(minute_counts, "WINDOW_S", 0.0)
    assert signs_in(address)
