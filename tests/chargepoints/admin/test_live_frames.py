"""Frames of a charge point are pushed to the page that follows them, and to nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import pytest
import requests
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory

from chargepoints import nudges
from chargepoints.admin import live_frames
from chargepoints.gateway import frame_followers
from chargepoints.models import ChargePoint
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

Events = Iterator[tuple[str, Any]]


def signed_in(name: str, role: str = "viewer") -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@contextmanager
def followed(gateway: RunningGateway, row: ChargePoint, client: Client) -> Iterator[Events]:
    """The events of the stream, as a browser reads them."""
    url = f"{gateway.http}/admin/chargepoints/chargepoint/{row.pk}/frames/stream/"
    cookies = {"sessionid": client.cookies["sessionid"].value}
    with requests.get(url, cookies=cookies, stream=True, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        events = _events(answer)
        assert next(events) == ("live", {})
        yield events


def _events(answer: requests.Response) -> Events:
    name = ""
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture
async def operated(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedCharger]:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        yield charger


async def test_what_goes_over_the_socket_is_pushed(
    gateway: RunningGateway, operated: OperatedCharger, identity: str
) -> None:
    with followed(gateway, operated.row, signed_in(identity)) as events:
        for _ in range(3):
            await operated.call("Heartbeat", {})
        for name, frame in await asyncio.to_thread(lambda: list(islice(events, 3))):
            assert name == "frame"
            assert (frame["action"], frame["direction"]) == ("Heartbeat", "in")
            assert "currentTime" in frame["html"] and "answered" in frame["html"]


async def test_a_request_of_ours_is_seen_before_it_is_answered(
    gateway: RunningGateway, operated: OperatedCharger, identity: str
) -> None:
    with followed(gateway, operated.row, signed_in(identity)) as events:
        ours = (each for name, each in events if each["direction"] == "out")
        await operated.post("clear_cache", {})
        message_id, _ = await operated.charger.expect_call("ClearCache")
        sent = await asyncio.to_thread(next, ours)
        assert "ClearCache" in sent["html"] and ">sent<" in sent["html"]
        await operated.charger.answer(message_id, {"status": "Rejected"})
        answered = await asyncio.to_thread(next, ours)
        assert answered["key"] == sent["key"]
        assert "Rejected" in answered["html"]


def test_only_who_may_look_at_charge_points_follows_frames(
    client: Client, db: None, charge_point: ChargePoint
) -> None:
    for path in ("frames/", "frames/stream/"):
        url = f"/admin/chargepoints/chargepoint/{charge_point.pk}/{path}"
        assert client.get(url).status_code == 302
        nobody = Client()
        nobody.force_login(User.objects.create_user(f"nobody-{path}", is_staff=True))
        assert nobody.get(url).status_code == 403


def streamed(charge_point: ChargePoint) -> tuple[Client, AsyncIterator[bytes]]:
    client = signed_in("somebody")
    request: Any = RequestFactory().get("/")
    request.user = User.objects.get(username="somebody")
    request.session = client.session
    model_admin = admin.site._registry[ChargePoint]
    response: Any = live_frames.stream(model_admin, request, charge_point.pk)
    return client, cast(AsyncIterator[bytes], response.streaming_content)


@pytest.mark.django_db(transaction=True)
async def test_a_page_asks_soon_again_where_its_request_to_another_process_was_lost(
    charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel layer may lose any message: the second one is confirmed."""
    asked = []

    def follow(charge_point_id: int) -> bool:
        asked.append(charge_point_id)
        if len(asked) > 1:
            frame_followers.confirm(charge_point_id)
        return True

    monkeypatch.setattr(nudges, "follow", follow)
    _, parts = await asyncio.to_thread(streamed, charge_point)
    async with asyncio.timeout(frame_followers.RENEW_EVERY_S - 1):
        while await anext(parts) != b"event: live\ndata: {}\n\n":
            pass
    assert asked == [charge_point.pk] * 2
    await cast(Any, parts).aclose()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "how", ["signs out", "is no longer staff", "may no longer look", "has a new password"]
)
async def test_the_stream_ends_with_the_right_to_look(
    how: str, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_followers, "RENEW_EVERY_S", 0.01)

    def ends() -> None:
        if how == "signs out":
            client.logout()
        elif how == "is no longer staff":
            User.objects.update(is_staff=False)
        elif how == "has a new password":
            User.objects.update(password="another")
        else:
            User.objects.get().groups.clear()

    client, parts = await asyncio.to_thread(streamed, charge_point)
    assert (await anext(parts)).startswith(b"retry")
    assert await anext(parts) == b"event: live\ndata: {}\n\n"
    assert await anext(parts) == b": still here\n\n"
    await asyncio.to_thread(ends)
    last = [part async for part in parts][-1]
    assert last == b"event: over\ndata: {}\n\n"
    assert list(frame_followers.followed()) == []


async def test_a_server_that_stops_waits_for_no_page(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    gateway = start_gateway()
    row = gateway.register(identity)
    with followed(gateway, row, signed_in(identity)) as events:
        rest = asyncio.create_task(asyncio.to_thread(list, events))
        assert await asyncio.to_thread(gateway.stop) == 0
        assert await asyncio.wait_for(rest, 5) == []
    assert "did not end" not in gateway.log.read_text()


@pytest.mark.services
async def test_a_page_of_one_process_follows_a_charger_of_another(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    one = start_gateway()
    other = start_gateway(beside=one)
    async with await OperatedCharger.connect(one, identity) as operated:
        with followed(other, operated.row, signed_in(identity)) as events:
            await operated.call("Heartbeat", {})
            name, frame = await asyncio.to_thread(next, events)
            assert (name, frame["action"]) == ("frame", "Heartbeat")
