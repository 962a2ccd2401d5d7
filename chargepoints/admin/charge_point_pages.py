"""The pages of charge points in addition to Django's own."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from chargepoints.admin import (
    availability,
    bulk_page,
    bulk_profile,
    command_page,
    configuration_page,
    connections_page,
    dashboard,
    disconnect,
    find_page,
    health,
    history_hold,
    holdings,
    key_page,
    live_frames,
    overview,
    profile_page,
    retention,
    same_elsewhere,
    story,
)
from chargepoints.admin.own_pages import own_page

PREFIX = "chargepoints_chargepoint"
# Name of the page -> its path and its view.
OWN_PAGES: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
    "bulk": ("bulk/", bulk_page.bulk),
    "availabilities": ("availability/", availability.fleet),
    "availability_csv": ("availability/export/", availability.export),
    "availability": ("<int:pk>/availability/", availability.page),
    "retention": ("retention/", retention.page),
    "hold": ("<int:pk>/hold/", history_hold.page),
    "health": ("health/", health.page),
    "bulk_profile": ("bulk/profile/", bulk_profile.fill_in),
    "figures": ("figures/", dashboard.polled),
    "find": ("find/", find_page.find),
    "live_cells": ("live/", overview.live_cells),
    "overview": ("<int:pk>/", overview.page),
    "live": ("<int:pk>/live/", overview.live_panels),
    "frames": ("<int:pk>/frames/", live_frames.page),
    "frame_stream": ("<int:pk>/frames/stream/", live_frames.stream),
    "command": ("<int:pk>/command/", command_page.command),
    "story": ("<int:pk>/story/", story.of_charge_point),
    "export": ("<int:pk>/export/", story.export),
    "same": ("<int:pk>/same/", same_elsewhere.part),
    "token_story": ("story/", story.of_token),
    "disconnect": ("<int:pk>/disconnect/", disconnect.one),
    "configuration": ("<int:pk>/configuration/", configuration_page.page),
    "profile": ("<int:pk>/profiles/", profile_page.page),
    "template": ("<int:pk>/template/", configuration_page.save_template),
    "key": ("<int:pk>/key/", key_page.new_key),
    "connections": ("<int:pk>/connections/", connections_page.page),
}


def urls(model_admin: Any) -> list[URLPattern]:
    page = partial(own_page, model_admin)
    tabs = page(holdings.page)
    return [
        *(
            path(route, page(function), name=f"{PREFIX}_{name}")
            for name, (route, function) in OWN_PAGES.items()
        ),
        *(
            path(f"<int:pk>/{tab}/", tabs, {"tab": tab}, name=f"{PREFIX}_{tab}")
            for tab in holdings.TABS
        ),
    ]
