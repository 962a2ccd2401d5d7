"""A bound on how often one key may ask."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from chargepoints.models import ApiKey


class KeyThrottle(SimpleRateThrottle):
    """Counted in each server process by itself; API_REQUESTS_PER_MINUTE, 0: no limit."""

    scope = "key"

    def get_rate(self) -> str | None:
        limit: int = settings.API_REQUESTS_PER_MINUTE
        return f"{limit}/min" if limit else None

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.auth, ApiKey):
            return None
        return f"api-key-{request.auth.pk}"
