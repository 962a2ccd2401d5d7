"""Replays the charger of a recording: sends its messages and its answers."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chargepoints.gateway import long_messages, trace_texts
from chargepoints.gateway.ocppj import Call
from connect_site.replay import comparing, recording
from connect_site.replay.recording import Json, Recording, shifted
from connect_site.replay.server import Server
from tests.fakes import frames
from tests.fakes.charger import RawCharger
from tests.fakes.journal import Frame

# How long to wait for a CALL that the gateway sends without a command.
OF_ITSELF_S = 0.3
WITHIN_S = 5.0
VENDOR_STATUSES = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "UnknownMessageId": "unknown_message_id",
    "UnknownVendorId": "unknown_vendor_id",
}


class Player:
    """`differences` lists where the gateway behaved differently, by lines of the recording;
    `notes` lists what could not be replayed exactly.
    """

    def __init__(self, recorded: Recording, server: Server) -> None:
        self.differences: list[str] = []
        self.notes: list[str] = []
        self._recording = recorded
        self._server = server
        self._identity = str(recorded.about["charge_point"])
        self._later = datetime.now(UTC) - recorded.ends_at
        # The transaction ids of this gateway, by those of the recording.
        self._given: dict[int, int] = {}
        self._charger: RawCharger

    async def play(self) -> None:
        await asyncio.to_thread(self._register)
        url = self._server.http.replace("http", "ws", 1) + "/ocpp"
        protocol = self._recording.about["protocol"] or "ocpp1.6"
        self._charger = await RawCharger.connect(url, self._identity, None, [protocol])
        for number, message in self._recording.messages:
            where = f"line {number} {message['action']}"
            if message["direction"] == "in":
                await self._send(message, where)
            else:
                await self._answer(message, where)
        await self._charger.close()
        seen = await asyncio.to_thread(self._events)
        left_out = comparing.OF_READINGS if self.notes else frozenset()
        self.differences += comparing.of_events(self._recording.events, seen, left_out)

    def _register(self) -> None:
        settings = dict(self._recording.about.get("settings", {}))
        body = {"identity": self._identity, "security_profile": 0, **settings}
        self._server.api("POST", "/charge-points", body)

    def _events(self) -> list[Json]:
        """The events in order, with the transaction ids of the recording."""
        found: list[Json] = []
        path = f"/charge-points/{self._identity}/events?limit=1000"
        while path:
            page = self._server.api("GET", path)
            found += page["results"]
            path = (page["next"] or "").removeprefix(f"{self._server.http}/api/v1")
        names = {str(given): str(was) for was, given in self._given.items()}
        for event in found:
            named = event["data"].get("transaction_id")
            if named in names:
                event["data"]["transaction_id"] = names[named]
        return found[::-1]

    # --- messages of the charger ----------------------------------------------------------------

    async def _send(self, message: Json, where: str) -> None:
        stored, cut = trace_texts.read_again(message["request"], message["deviations"])
        if cut:
            self.notes.append(f"{where}: the trace has only its beginning, which is sent")
        frame = long_messages.decode(stored, cut=cut)
        if isinstance(frame, Call) and isinstance(frame.payload, dict):
            self._decide(message, frame.action, frame.payload)
        # The original text, including its defects.
        text = recording.text_shifted(stored, self._later, _at(message))
        await self._charger.send_text(recording.text_renumbered(text, self._given))
        recorded = json.loads(message["reply"]) if message["reply"] else None
        reply = await self._reply(recorded[1], where) if recorded else None
        self._note_id(recorded, reply)
        self.differences += comparing.of_replies(recorded, self._as_then(reply), where)

    async def _reply(self, message_id: Any, where: str) -> Frame | None:
        """The next reply with this id; other replies are differences."""
        while True:
            try:
                reply = await self._charger.stray(WITHIN_S)
            except AssertionError:
                return None
            if reply[1] == message_id:
                return reply
            self.differences.append(f"{where}: was preceded by no {json.dumps(reply)}, is now")

    def _decide(self, message: Json, action: str, payload: Json) -> None:
        """Make the fake core decide as in the recording."""
        decisions = self._server.core.decisions
        reply: Frame = json.loads(message["reply"]) if message["reply"] else [0, "", {}]
        answer: Json = reply[2] if reply[0] == frames.CALLRESULT else {}
        if decision := message.get("decision"):
            info = answer.get("idTagInfo") or answer.get("idTokenInfo") or {}
            group = info.get("parentIdTag") or (info.get("groupIdToken") or {}).get("idToken")
            expires = info.get("expiryDate") or info.get("cacheExpiryDateTime")
            decisions.tokens[decision["token"]] = {
                "status": decision["status"],
                "group_id_token": group,
                "expires_at": expires,
                # No caching, so that core is asked each time.
                "cache_ttl_s": 0,
            }
        if action == "BootNotification" and answer:
            decisions.boots[self._identity] = {
                "status": answer["status"].lower(),
                "interval_s": answer.get("interval") or None,
            }
        if action == "DataTransfer" and answer:
            status = VENDOR_STATUSES.get(answer.get("status", ""), "rejected")
            decided = {"status": status, "data": answer.get("data")}
            decisions.vendors[payload.get("vendorId", "")] = decided

    # --- CALLs of the gateway -------------------------------------------------------------------

    async def _answer(self, message: Json, where: str) -> None:
        if message["outcome"] == "timeout":
            return  # the charger did not answer
        _, _, action, payload = json.loads(message["request"])
        frame = await self._asked(action, OF_ITSELF_S)
        if frame is None:
            # Core or staff had submitted a command.
            raw = {"action": action, "payload": self._as_now(payload, message)}
            body = {"type": "raw", "args": raw}
            await asyncio.to_thread(
                self._server.api, "POST", f"/charge-points/{self._identity}/commands", body
            )
            frame = await self._asked(action, WITHIN_S)
        if frame is None:
            self.differences.append(f"{where}: was sent to the charger, is not now")
            return
        if message["reply"]:
            asked = json.loads(message["request"])[1]
            answer, _ = trace_texts.read_again(message["reply"], message["deviations"])
            await self._charger.send_text(answer.replace(asked, frame[1], 1))

    async def _asked(self, action: str, within: float) -> Frame | None:
        """The gateway's next CALL of this action; others are differences, and refused."""
        while True:
            try:
                frame = await self._charger.next_call(within)
            except AssertionError:
                return None
            if frame[2] == action:
                return frame
            self.differences.append(f"{frame[2]}: was not sent to the charger, is now")
            await self._charger.answer_error(frame[1], "NotSupported")

    # --- recording and replay -------------------------------------------------------------------

    def _as_now(self, payload: Any, message: Json) -> Any:
        """The payload with shifted times, and with this gateway's transaction ids."""
        return _renamed(shifted(payload, self._later, _at(message)), self._given)

    def _as_then(self, reply: Frame | None) -> Frame | None:
        return reply and _renamed(reply, {now: then for then, now in self._given.items()})

    def _note_id(self, was: Frame | None, reply: Frame | None) -> None:
        """OCPP 1.6: the gateway assigns new transaction ids; remember them."""
        if was is None or reply is None or {was[0], reply[0]} != {frames.CALLRESULT}:
            return
        then, now = was[2].get("transactionId"), reply[2].get("transactionId")
        if isinstance(then, int) and isinstance(now, int):
            self._given[then] = now


def _at(message: Json) -> datetime:
    return datetime.fromisoformat(message["at"])


def _renamed(value: Any, ids: dict[int, int]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, ids) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ids.get(each, each)
        if name == "transactionId" and isinstance(each, int)
        else _renamed(each, ids)
        for name, each in value.items()
    }


async def play(recorded: Recording, server: Server, within: timedelta) -> Player:
    """Raises TimeoutError if it takes longer than `within`."""
    player = Player(recorded, server)
    async with asyncio.timeout(within.total_seconds()):
        await player.play()
    return player
