"""The answer to requests while the database is unavailable: 503, and no traceback in the log."""

import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from chargepoints.database.outages import STORE_UNAVAILABLE

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
PAGE = """<!doctype html>
<html lang="en">
<head><title>Connect</title></head>
<body>
  <h1>The database does not answer</h1>
  <p>Nothing was changed. Load the page again in a moment.</p>
</body>
</html>
"""


class DatabaseUnavailable:
    """Not for the API, which answers in JSON itself."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, STORE_UNAVAILABLE):
            return None
        logger.warning("%s could not use the database: %s", request.path, error)
        return HttpResponse(PAGE, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
