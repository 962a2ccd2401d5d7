"""The second step of signing in: a code of an authenticator, for users who have set one up.

Until the code is entered, the session opens no page and no download. The session stores whether the
code is due, so that no page has to query it.
"""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from django.utils.http import urlencode
from django_otp.plugins.otp_totp.models import TOTPDevice

from chargepoints import roles

# In the session: whether a code was entered, or is due.
STEP = "second_step"
DUE, DONE = "due", "done"
ADMIN = "/admin/"
# Paths that do not use the admin's session: keys of the API, tokens of files, probes.
NEVER_BY_SESSION = ("/api/", "/static/", "/ocpp/")
NAME_OF_DEVICE = "authenticator"


@sync_and_async_middleware
def second_factor(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Send users who have not entered their code yet to the page that asks for it."""

    async def asynchronous(request: HttpRequest) -> Any:
        if request.path.startswith(NEVER_BY_SESSION):
            return await get_response(request)
        return await sync_to_async(_held_up)(request) or await get_response(request)

    def synchronous(request: HttpRequest) -> Any:
        if request.path.startswith(NEVER_BY_SESSION):
            return get_response(request)
        return _held_up(request) or get_response(request)

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _held_up(request: HttpRequest) -> HttpResponse | None:
    step = request.session.get(STEP)
    if step == DONE or not request.user.is_authenticated:
        return None
    if step == DUE:
        asked_at = reverse("admin:auth_user_code")
    elif settings.TOTP_REQUIRED and may_command(request.user):
        asked_at = reverse("admin:auth_user_two_step")
    else:
        return None
    if request.path in (asked_at, reverse("admin:logout")):
        return None
    if request.path.startswith(ADMIN):
        return HttpResponseRedirect(f"{asked_at}?{urlencode({'next': request.get_full_path()})}")
    request.user = AnonymousUser()
    return None


def note(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Called after a correct password."""
    if device_of(user) is not None:
        request.session[STEP] = DUE


user_logged_in.connect(note)


def may_command(user: Any) -> bool:
    return bool(user.has_perm(roles.OPERATE) or user.has_perm(roles.EVERY_COMMAND))


def device_of(user: Any, *, confirmed: bool = True) -> TOTPDevice | None:
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=confirmed).first()
    return found


def new_device(user: User) -> TOTPDevice:
    """A device that counts after the user enters a code of it; replaces an unconfirmed one."""
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    device: TOTPDevice = TOTPDevice.objects.create(user=user, name=NAME_OF_DEVICE, confirmed=False)
    return device


def takes(device: TOTPDevice, code: str) -> bool:
    """Whether the code is correct, and was not used before (RFC 6238, 5.2).

    After wrong codes, django-otp makes the user wait longer and longer.
    """
    with transaction.atomic():
        # Locked, because two requests with the same code would both succeed.
        locked = TOTPDevice.objects.select_for_update(no_key=True).filter(pk=device.pk).first()
        return locked is not None and bool(locked.verify_token(code))


def is_done(request: HttpRequest) -> None:
    request.session[STEP] = DONE
    request.session.cycle_key()


def confirm(request: HttpRequest, device: TOTPDevice) -> None:
    """Make the device count, and end the other sessions of its user."""
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    is_done(request)
    end_sessions(device.user, but=request.session.session_key)


def remove(user: User) -> int:
    """Let the user sign in by password alone; returns the number of removed devices."""
    count: int = TOTPDevice.objects.filter(user=user).delete()[0]
    return count


def end_sessions(user: User, *, but: str | None = None) -> None:
    """Reads all sessions of staff, which are few."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        whose = session.get_decoded().get("_auth_user_id")
        if whose == str(user.pk) and session.session_key != but:
            session.delete()
