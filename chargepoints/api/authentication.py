"""Authentication by an API key as bearer token, and permissions by its scope."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chargepoints import clock
from chargepoints.models import ApiKey

USE_NOTED_EVERY = timedelta(minutes=1)
_RANK = {ApiKey.Scope.READ: 0, ApiKey.Scope.OPERATE: 1, ApiKey.Scope.ADMIN: 2}


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer <key>`; the key's row becomes `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        header = get_authorization_header(request)
        if not header.lower().startswith(b"bearer "):
            return None
        key = usable_key(header)
        if key is None:
            raise AuthenticationFailed("the key is unknown, expired or revoked")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def usable_key(header: bytes) -> ApiKey | None:
    """The usable key in an Authorization header; its use is recorded."""
    scheme, _, secret = header.partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    # Only hashes are compared, by an index, so the response time reveals nothing about a key.
    digest = ApiKey.hash(secret.strip().decode("latin1"))
    key = ApiKey.objects.filter(digest=digest).first()
    if key is None or not key.usable:
        return None
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    """Record the use at most once a minute, so that not every request writes."""
    now = clock.now()
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def requester(request: Request) -> str:
    """The name of the client, as requester of commands and closer of transactions."""
    key: Any = request.auth
    return f"api:{key.name}"


class HasScope(BasePermission):
    """Reading needs `read`; everything else needs the view's `write_scope`."""

    message = "the key's scope does not allow this"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        needed = scope_for(request.method or "", view)
        return _RANK[ApiKey.Scope(request.auth.scope)] >= _RANK[needed]


def scope_for(method: str, view: Any) -> ApiKey.Scope:
    if method in SAFE_METHODS:
        return ApiKey.Scope.READ
    scope: ApiKey.Scope = view.write_scope
    return scope


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerKey
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key created by `manage.py create_api_key` or in the admin.",
        }
