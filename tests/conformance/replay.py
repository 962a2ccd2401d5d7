"""Replays what a charger was recorded to send, and compares what the gateway makes of it.

A trace is a file of JSON lines. The first says what it is about:

    {"quirk": ..., "protocol": "ocpp1.6", "register": {...}, "boot": false, "tokens": {...}}

Each of the others is one step, known by its name:

    charger      a frame, or text that is none; {"bytes": text} makes a binary frame
    long         a frame with a long list: at `at` the `item`, so many `times`, one a minute, with
                 its time "{t}" and its number "{n}"
    gateway      the frame that comes next: a reply, or a CALL
    asked        how many CALLs of the gateway have come on this socket
    connect      a new socket with these options; `refused`: the status it is refused with;
                 `closed`: the code that it is closed with at once
    superseded   the close code of the socket before
    command      is sent through the API; `finished`: what it looks like in the end
    http         a request to `url`; `status`: the answer
    deviations   by action: what was noted with its newest message
    noted        by action: this, among what was noted with its newest message
    api          a path of the API: a result it `has` or `hasnt`, their `count`, what it `shows`
    told         the type of an event: its `data` in one of them, their `count`
    rows         by model: all rows of the charge point, the oldest first
    events       the types of its events, of those that are named at all

In a pattern, an object may have more members, "*" is anything, "~..." a regular expression, and
"$name" the value that had this place first. "{-60s}" is the time a minute ago, as `{-60s naive}`
without its zone, as `{-60s +03}` in another one.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
from django.apps import apps

from chargepoints.models import Message
from tests.fakes import frames
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, eventually
from tests.operated_station import BOOT
from tests.running_gateway import KEY, RunningGateway

BOOTS = {"ocpp1.6": BOOT_16, "ocpp2.0.1": BOOT, "ocpp2.1": BOOT}
# Steps whose names are taken by what they are about.
STEPS = {"charger": "charger_sends", "gateway": "gateway_sends"}
TIME = re.compile(r"\{(-?\d+)s ?(naive|\+03)?\}")


def read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the trace is about, and its steps."""
    about, *steps = [json.loads(line) for line in path.read_text().splitlines()]
    return about, steps


class Replay:
    def __init__(
        self, gateway: RunningGateway, identity: str, about: dict[str, Any], core: FakeCore
    ) -> None:
        self.gateway = gateway
        self.about = about
        self.protocol: str = about.get("protocol", "ocpp1.6")
        # What is said again tells the same time.
        self.began = datetime.now(UTC)
        self.known: dict[str, Any] = {"$identity": identity, "$key": KEY}
        core.decisions.tokens.update(self.filled(about.get("tokens", {})))
        self.row = gateway.register(identity, **about.get("register", {}))
        self.charger: RawCharger
        self.before: RawCharger | None = None
        self.posted: asyncio.Task[requests.Response] | None = None

    async def run(self, steps: list[dict[str, Any]]) -> None:
        if steps[0].keys() & {"connect"} == set():
            await self.connect({})
        if self.about.get("boot", True):
            reply = await self.charger.call("BootNotification", BOOTS[self.protocol])
            assert reply[2]["status"] == "Accepted", reply
        for number, step in enumerate(steps, 2):
            (name, value), *more = self.filled(step).items()
            play: Callable[..., Any] = getattr(self, STEPS.get(name, name))
            try:
                await play(value, **dict(more))
            except AssertionError as error:
                raise AssertionError(f"line {number}: {error}") from error
        await self.charger.__aexit__(None)
        if self.before is not None:
            await self.before.close()

    # --- the steps --------------------------------------------------------------------------

    async def connect(
        self, options: dict[str, Any], refused: int | None = None, closed: int | None = None
    ) -> None:
        options = {"password": KEY, "subprotocols": [self.protocol]} | options
        options["headers"] = list(options.get("headers", {}).items())
        self.before = getattr(self, "charger", None)
        status = None
        try:
            self.charger = await RawCharger.connect(self.gateway.url, self.row.identity, **options)
        except HandshakeRefusedError as error:
            status = error.status
        assert status == refused
        if closed is not None:
            assert await self.charger.wait_closed() == closed

    async def superseded(self, code: int) -> None:
        assert self.before is not None
        assert await self.before.wait_closed() == code

    async def charger_sends(self, frame: Any) -> None:
        if isinstance(frame, dict):
            frame = frame["bytes"].encode("latin1")
        elif not isinstance(frame, str):
            frame = json.dumps(frame)
        await self.charger.send_text(frame)

    async def long(self, frame: list[Any], at: str, item: Any, times: int) -> None:
        def numbered(number: int) -> Any:
            text = json.dumps(item).replace("{n}", str(number))
            return self.filled(json.loads(text.replace("{t}", f"{{-{60 * (times - number)}s}}")))

        payload = frame[3] | {at: [numbered(number) for number in range(times)]}
        await self.charger.send_text(json.dumps([*frame[:3], payload]))

    async def gateway_sends(self, pattern: list[Any]) -> None:
        if pattern[0] == frames.CALL:
            message_id, payload = await self.charger.expect_call(pattern[2])
            frame: list[Any] = [frames.CALL, message_id, pattern[2], payload]
        else:
            frame = await self.charger.stray()
        assert self.fits(pattern, frame), f"{frame} is not {pattern}"

    async def asked(self, count: int) -> None:
        # The frames are on the way no longer: each reply comes after what was sent before it.
        assert len(self.charger.journal.asked) == count, self.charger.journal.asked

    async def command(self, body: dict[str, Any]) -> None:
        operated = OperatedCharger(self.gateway, self.row, self.charger)
        self.posted = asyncio.create_task(operated.http("POST", "commands", json=body))
        if "wait" not in body:
            await self.posted

    async def finished(self, pattern: dict[str, Any]) -> None:
        assert self.posted is not None
        operated = OperatedCharger(self.gateway, self.row, self.charger)
        command = (await self.posted).json()
        while not self.fits(pattern, command):
            assert not command.get("finished_at"), f"{command} is not {pattern}"
            command = (await operated.api("GET", f"commands/{command['id']}")).json()

    async def http(self, request: dict[str, Any], status: int) -> None:
        answer = await asyncio.to_thread(requests.request, timeout=20, **request)
        assert answer.status_code == status, answer.text

    async def deviations(self, wanted: dict[str, list[str]]) -> None:
        for action, expected in wanted.items():
            message = Message.objects.filter(charge_point=self.row, action=action).first()
            assert message is not None, f"no {action} in the trace"
            assert message.deviations == expected, message.deviations

    async def noted(self, wanted: dict[str, list[str]]) -> None:
        for action, expected in wanted.items():
            message = Message.objects.filter(charge_point=self.row, action=action).first()
            assert message is not None, f"no {action} in the trace"
            assert set(expected) <= set(message.deviations), message.deviations

    async def api(
        self,
        path: str,
        has: Any = None,
        hasnt: Any = None,
        shows: Any = None,
        count: int | None = None,
    ) -> None:
        operated = OperatedCharger(self.gateway, self.row, self.charger)
        answer = (await operated.api("GET", path)).json()
        results = answer.get("results", [answer])
        assert has is None or any(self.fits(has, each) for each in results), results
        assert hasnt is None or not any(self.fits(hasnt, each) for each in results), results
        assert shows is None or self.fits(shows, answer), answer
        assert count is None or len(results) == count, results

    async def told(self, type: str, data: Any = None, count: int | None = None) -> None:
        found = [event.data for event in self.row.events.filter(type=type)]
        assert found, f"no {type}"
        assert data is None or any(self.fits(data, each) for each in found), found
        assert count is None or len(found) == count, found

    async def rows(self, wanted: dict[str, list[Any]]) -> None:
        for name, patterns in wanted.items():
            try:
                await eventually(partial(self._has, name, patterns), within=5)
            except AssertionError:
                found = self._rows(name)
                raise AssertionError(f"{name}: {found} is not {patterns}") from None

    async def events(self, types: list[str]) -> None:
        events = self.row.events.order_by("sequence").values_list("type", flat=True)
        assert [type for type in events if type in types] == types, list(events)

    # --- patterns ---------------------------------------------------------------------------

    def _has(self, name: str, patterns: list[Any]) -> bool:
        return self.fits(patterns, self._rows(name))

    def _rows(self, name: str) -> list[dict[str, Any]]:
        model = apps.get_model("chargepoints", name)
        if any(field.name == "charge_point" for field in model._meta.fields):
            rows = model._default_manager.filter(charge_point=self.row)
        elif name == "Connector":
            rows = model._default_manager.filter(evse__charge_point=self.row)
        else:
            rows = model._default_manager.filter(identity=self.row.identity)
        return list(rows.order_by("created_at" if name == "Command" else "pk").values())

    def fits(self, pattern: Any, value: Any) -> bool:
        if isinstance(pattern, str):
            return self._text_fits(pattern, value)
        if isinstance(pattern, dict):
            return isinstance(value, dict) and all(
                name in value and self.fits(part, value[name]) for name, part in pattern.items()
            )
        if isinstance(pattern, list):
            same = isinstance(value, list) and len(pattern) == len(value)
            return same and all(map(self.fits, pattern, value))
        return bool(pattern == value)

    def _text_fits(self, pattern: str, value: Any) -> bool:
        if pattern.startswith("$") and pattern not in self.known:
            self.known[pattern] = value
        if pattern.startswith("~"):
            return re.fullmatch(pattern[1:], str(value)) is not None
        return pattern == "*" or bool(self.known.get(pattern, pattern) == value)

    def filled(self, value: Any) -> Any:
        """With what is known by now in the places of names and times."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        if not isinstance(value, str) or value.startswith("~"):
            return value
        if value in self.known:
            return self.known[value]
        for name, known in self.known.items():
            value = value.replace(name, str(known))
        return TIME.sub(self._time, value)

    def _time(self, found: re.Match[str]) -> str:
        at = self.began + timedelta(seconds=int(found[1]))
        zone = found[2] or "Z"
        if zone == "+03":
            at += timedelta(hours=3)
        return at.strftime("%Y-%m-%dT%H:%M:%S") + ("" if zone == "naive" else zone)
