"""The API's URLs for the delivery of events, below `/api/v1/`."""

from typing import Any

from django.urls import path

from core_link.api.dead_letters import DeadLetters
from core_link.api.endpoints import Endpoints

READ_LIST: dict[str, Any] = {"get": "list"}
READ_ONE: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("endpoints", Endpoints.as_view({"get": "list", "post": "create"})),
    path(
        "endpoints/<int:pk>",
        Endpoints.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("endpoints/<int:pk>/rotate-secret", Endpoints.as_view({"post": "rotate_secret"})),
    path("endpoints/<int:pk>/end-rotation", Endpoints.as_view({"post": "end_rotation"})),
    path("endpoints/<int:pk>/pause", Endpoints.as_view({"post": "pause"})),
    path("endpoints/<int:pk>/resume", Endpoints.as_view({"post": "resume"})),
    path("endpoints/<int:pk>/resend", Endpoints.as_view({"post": "resend"})),
    path("dead-letters", DeadLetters.as_view(READ_LIST)),
    path("dead-letters/<int:pk>", DeadLetters.as_view(READ_ONE)),
    path("dead-letters/<int:pk>/resend", DeadLetters.as_view({"post": "resend"})),
]
