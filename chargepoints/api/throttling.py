"""A limit on the requests with one key."""

import math

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from chargepoints.models import ApiKey

WITHIN_S = 60


class KeyThrottle(SimpleRateThrottle):
    """Each server process counts separately; API_REQUESTS_PER_MINUTE, 0: no limit."""

    scope = "key"

    def get_rate(self) -> str | None:
        limit: int = settings.API_REQUESTS_PER_MINUTE
        return f"{limit}/min" if limit else None

    def headers(self) -> dict[str, str]:
        """The remaining quota, in the RateLimit header fields of the IETF's draft."""
        if self.rate is None or not hasattr(self, "history"):
            return {}
        limit: int = settings.API_REQUESTS_PER_MINUTE
        oldest = self.history[-1] if self.history else self.now
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - len(self.history))),
            "RateLimit-Reset": str(max(1, math.ceil(oldest + WITHIN_S - self.now))),
        }

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.auth, ApiKey):
            return None
        return f"api-key-{request.auth.pk}"
