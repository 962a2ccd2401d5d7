"""The API's tests start without anybody's throttle history."""

import pytest
from django.core.cache import cache

from tests.chargepoints.api.client import ApiClient


@pytest.fixture(autouse=True)
def forgotten_throttle_history() -> None:
    cache.clear()


@pytest.fixture
def client(db: None) -> ApiClient:
    return ApiClient()
