"""The live frames of a charge point, sent to the page as server-sent events.

The stream ends when the page is closed, when the user's session or permission ends, when the server
stops, and after some time; the browser then opens another one.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import HASH_SESSION_KEY, get_user_model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone

from chargepoints import nudges
from chargepoints.admin import live
from chargepoints.gateway import frame_followers
from chargepoints.gateway.frame_followers import Follower, Frame

TEMPLATES = "admin/chargepoints/frames"
LONGEST_S = 600.0
VIEW = "chargepoints.view_chargepoint"
AGAIN_AFTER_MS = 2000


def page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"The frames of {charge_point.identity}",
        "charge_point": charge_point,
        "original": charge_point,
        "may_change": model_admin.has_change_permission(request, charge_point),
    }
    return TemplateResponse(request, f"{TEMPLATES}/page.html", context)


def stream(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    charge_point = live.find(model_admin, request, pk)
    if frame_followers.is_full():
        text = "Too many pages show live frames already."
        return HttpResponse(
            text, status=503, content_type="text/plain", headers={"Retry-After": "30"}
        )
    # Read the time zone now: it is reset when the response leaves the middleware.
    events = _events(request, charge_point.pk, timezone.get_current_timezone())
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # otherwise nginx would buffer it
    return response


async def _events(request: HttpRequest, pk: int, zone: tzinfo) -> AsyncIterator[str]:
    yield f"retry: {AGAIN_AFTER_MS}\n\n"
    ends_at, looks_at, said_live = time.monotonic() + LONGEST_S, 0.0, False
    async with _followed(request, pk) as follower:
        while follower is not None and not follower.closed and time.monotonic() < ends_at:
            if time.monotonic() >= looks_at:
                if not await sync_to_async(_may_still_look)(request):
                    yield _event("over", {})
                    return
                if not await sync_to_async(nudges.follow)(pk):
                    follower.confirm()
                again_after_s = (
                    frame_followers.RENEW_EVERY_S
                    if follower.live
                    else frame_followers.ASK_AGAIN_AFTER_S
                )
                looks_at = time.monotonic() + again_after_s
            await follower.wait(looks_at - time.monotonic())
            if follower.live and not said_live:
                said_live = True
                yield _event("live", {})
            frames, left_out = follower.take()
            if left_out:
                yield _event("left-out", {"count": left_out})
            if frames:
                yield await sync_to_async(_rendered)(frames, zone)
            else:
                yield ": still here\n\n"


@asynccontextmanager
async def _followed(request: HttpRequest, pk: int) -> AsyncIterator[Follower | None]:
    """A follower that is closed when the server stops."""
    follower = frame_followers.follow(pk)
    if follower is None:
        yield None
        return
    scope: dict[str, Any] = getattr(request, "scope", {})
    stopping: asyncio.Event | None = scope.get("extensions", {}).get("connect.stopping")
    watch = asyncio.create_task(_close_when(stopping, follower)) if stopping else None
    try:
        yield follower
    finally:
        frame_followers.leave(pk, follower)
        if watch is not None:
            watch.cancel()


async def _close_when(stopping: asyncio.Event, follower: Follower) -> None:
    await stopping.wait()
    follower.close()


def _may_still_look(request: HttpRequest) -> bool:
    """Whether the user is still signed in and may still see charge points."""
    name, session = request.user.get_username(), request.session
    user = get_user_model().objects.filter(username=name, is_active=True, is_staff=True).first()
    if user is None or not user.has_perm(VIEW):
        return False
    if session.session_key is None or not session.exists(session.session_key):
        return False
    # After a change of the password, no session of the user is valid.
    return bool(session.get(HASH_SESSION_KEY) == user.get_session_auth_hash())


def _rendered(frames: list[Frame], zone: tzinfo) -> str:
    with timezone.override(zone):
        return "".join(_event("frame", _shown(frame)) for frame in frames)


def _shown(frame: Frame) -> dict[str, str]:
    """`key`: the frame with the answer replaces the one with the request alone."""
    row = frame_followers.message(frame)
    html = render_to_string(f"{TEMPLATES}/frame.html", {"message": row})
    key = f"{frame['started_at']} {frame['message_id']}"
    return {"key": key, "action": row.action, "direction": row.direction, "html": html}


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
