"""The raw charger sends exact frames, and lets no bad frame of the gateway pass."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests.fakes.charger import HandshakeRefusedError, RawCharger

Behaviour = Callable[[ServerConnection], Awaitable[None]]
HEARTBEAT = {"currentTime": "2026-11-22T08:00:00Z"}


@asynccontextmanager
async def gateway(behaviour: Behaviour, **options: Any) -> AsyncIterator[str]:
    subprotocols = [Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1")]
    async with serve(behaviour, "127.0.0.1", 0, subprotocols=subprotocols, **options) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}/ocpp"


def sends(*frames: object) -> Behaviour:
    """A gateway that answers anything with these frames; `$` stands for the id of the call."""

    async def behave(connection: ServerConnection) -> None:
        async for text in connection:
            message_id = json.loads(text)[1]
            for frame in frames:
                sent = frame if isinstance(frame, str) else json.dumps(frame)
                await connection.send(sent.replace("$", message_id))

    return behave


async def test_it_shows_its_identity_password_and_subprotocols() -> None:
    seen: list[Request] = []

    async def behave(connection: ServerConnection) -> None:
        assert connection.request
        seen.append(connection.request)

    async with gateway(behave) as url:
        charger = await RawCharger.connect(
            url, "CP 1/é", b"\xff:\x00", ["ocpp2.0.1", "ocpp9"], [("X-Test", "yes")]
        )
        await charger.wait_closed()

    credentials = seen[0].headers["Authorization"].removeprefix("Basic ")
    assert seen[0].path == "/ocpp/CP%201%2F%C3%A9"
    assert base64.b64decode(credentials) == "CP 1/é".encode() + b":\xff:\x00"
    assert seen[0].headers["X-Test"] == "yes"
    assert (charger.subprotocol, charger.version) == ("ocpp2.0.1", "2.0.1")


async def test_a_refused_handshake_gives_the_status() -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?")

    async with gateway(sends(), process_request=refuse) as url:
        with pytest.raises(HandshakeRefusedError) as refusal:
            await RawCharger.connect(url, "CP-1", "wrong")

    assert refusal.value.status == 401
    assert refusal.value.body == b"who are you?"


async def test_a_call_returns_the_reply_and_both_are_in_the_journal() -> None:
    async with (
        gateway(sends([3, "$", HEARTBEAT])) as url,
        await RawCharger.connect(url, "CP-1") as charger,
    ):
        reply = await charger.call("Heartbeat", {}, "id-1")

    assert reply == [3, "id-1", HEARTBEAT]
    assert [(each.message_id, each.reply) for each in charger.journal.acknowledged] == [
        ("id-1", reply)
    ]


async def test_repetitions_of_one_id_are_each_answered() -> None:
    async with (
        gateway(sends([3, "$", HEARTBEAT])) as url,
        await RawCharger.connect(url, "CP-1") as charger,
    ):
        await charger.send_call("Heartbeat", {}, "same")
        await charger.send_call("Heartbeat", {}, "same")
        await charger.reply_to("same")

        assert len(charger.journal.acknowledged) == 2


@pytest.mark.parametrize(
    "frame",
    [
        [3, "$", {"currentTime": "yesterday", "surprise": 1}],
        [3, "$", {}],
        [3, "$"],
        [4, "$", "NoSuchCode", "", {}],
        [4, "$", "FormatViolation", "", {}],  # that is its name in 2.0.1
        [4, "$", "InternalError", "", None],
        [4, "$", "InternalError", "x" * 256, {}],
        [2, "1", "Reset", {"type": "Gentle"}],
        [2, "1", "NoSuchAction", {}],
        [2, "x" * 37, "ClearCache", {}],
        [7, "$", {}],
        {"an": "object"},
        "no JSON",
    ],
)
async def test_a_frame_that_breaks_the_specification_fails_the_test(frame: object) -> None:
    async with gateway(sends(frame)) as url:
        charger = await RawCharger.connect(url, "CP-1")
        with pytest.raises(AssertionError):
            await charger.call("Heartbeat", {})
        with pytest.raises(AssertionError):
            await charger.send_call("Heartbeat", {})
        await charger.close()


async def test_a_bad_frame_that_nobody_waited_for_fails_at_the_end() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.send("no JSON")

    async with gateway(behave) as url:
        charger = await RawCharger.connect(url, "CP-1")
        await charger.wait_closed()
        with pytest.raises(AssertionError):
            await charger.__aexit__(None, None, None)


async def test_a_call_of_the_gateway_is_expected_and_answered() -> None:
    answers: list[str | bytes] = []

    async def behave(connection: ServerConnection) -> None:
        await connection.send('[2,"a","ClearCache",{}]')
        answers.append(await connection.recv())
        await connection.send('[2,"b","Reset",{"type":"Soft"}]')
        answers.append(await connection.recv())

    async with (
        gateway(behave) as url,
        await RawCharger.connect(url, "CP-1") as charger,
    ):
        message_id, payload = await charger.expect_call("ClearCache")
        await charger.answer(message_id, {"status": "Accepted"})
        await charger.expect_call("Reset")
        await charger.answer_error("b", "NotSupported", "no")
        assert await charger.wait_closed() == 1000

    assert payload == {}
    assert answers == ['[3, "a", {"status": "Accepted"}]', '[4, "b", "NotSupported", "no", {}]']


async def test_an_answer_to_nothing_is_a_stray() -> None:
    async with (
        gateway(sends([4, "-1", "ProtocolError", "", {}])) as url,
        await RawCharger.connect(url, "CP-1") as charger,
    ):
        await charger.send_text('[2,"1","Heartbeat"]')

        assert (await charger.stray())[:3] == [4, "-1", "ProtocolError"]


async def test_waiting_ends_when_the_gateway_closes() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.recv()

    async with gateway(behave) as url, await RawCharger.connect(url, "CP-1") as charger:
        with pytest.raises(ConnectionClosed):
            await charger.call("Heartbeat", {})


async def test_waiting_ends_when_nothing_comes() -> None:
    async with (
        gateway(sends()) as url,
        await RawCharger.connect(url, "CP-1") as charger,
    ):
        with pytest.raises(AssertionError, match="no such thing"):
            await charger.call("Heartbeat", {}, within=0.05)
