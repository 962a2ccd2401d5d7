"""Pages of a ModelAdmin in addition to Django's own."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpResponseBase


def own_page(model_admin: "ModelAdmin[Any]", page: Callable[..., HttpResponseBase]) -> Any:
    """A view for `get_urls`, for staff who have signed in: `page(model_admin, request, ...)`."""
    return model_admin.admin_site.admin_view(partial(page, model_admin))
