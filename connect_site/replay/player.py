"""Plays the charger of a recording: says what it said, answers what it answered."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from connect_site.replay import comparing
from connect_site.replay.recording import Json, Recording, shifted
from connect_site.replay.server import Server
from tests.fakes import frames
from tests.fakes.charger import RawCharger
from tests.fakes.journal import Frame

# The gateway sends of its own accord what it sent then, or is told to.
OF_ITSELF_S = 0.3
WITHIN_S = 5.0
VENDOR_STATUSES = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "UnknownMessageId": "unknown_message_id",
    "UnknownVendorId": "unknown_vendor_id",
}


class Player:
    """`differences` are what the gateway did otherwise, by the lines of the recording."""

    def __init__(self, recording: Recording, server: Server) -> None:
        self.differences: list[str] = []
        self._recording = recording
        self._server = server
        self._identity = str(recording.about["charge_point"])
        self._later = datetime.now(UTC) - recording.ends_at
        # Transaction ids that this gateway has given in the place of those.
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
                await self._say(message, where)
            else:
                await self._answer(message, where)
        await self._charger.close()
        seen = await asyncio.to_thread(self._events)
        self.differences += comparing.of_events(self._recording.events, seen)

    def _register(self) -> None:
        settings = dict(self._recording.about.get("settings", {}))
        body = {"identity": self._identity, "security_profile": 0, **settings}
        self._server.api("POST", "/charge-points", body)

    def _events(self) -> list[Json]:
        """The events in their order, with the transaction ids of the recording."""
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

    # --- what the charger says ------------------------------------------------------------------

    async def _say(self, message: Json, where: str) -> None:
        try:
            frame = json.loads(message["request"])
            _, message_id, action, payload = frame
        except ValueError:
            # No CALL: as it is, and whatever is answered.
            await self._charger.send_text(message["request"])
            reply = await self._stray() if message["reply"] else None
            self.differences += comparing.of_replies(message["reply"], reply, where)
            return
        self._decide(message, action, payload)
        payload = self._as_now(payload, message)
        sent = await self._charger.send_call(action, payload, message_id)
        reply = await self._charger.reply_to(sent) if message["reply"] else None
        self._note_id(message["reply"], reply)
        self.differences += comparing.of_replies(message["reply"], self._as_then(reply), where)

    async def _stray(self) -> Frame | None:
        try:
            return await self._charger.stray(WITHIN_S)
        except AssertionError:
            return None

    def _decide(self, message: Json, action: str, payload: Json) -> None:
        """Core says what was said then."""
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
                # It is asked each time.
                "cache_ttl_s": 0,
            }
        if action == "BootNotification" and answer:
            decisions.boots[self._identity] = {
                "status": answer["status"].lower(),
                "interval_s": answer.get("interval") or None,
            }
        if action == "DataTransfer" and answer:
            status = VENDOR_STATUSES.get(answer.get("status", ""), "rejected")
            said = {"status": status, "data": answer.get("data")}
            decisions.vendors[payload.get("vendorId", "")] = said

    # --- what the gateway asks ------------------------------------------------------------------

    async def _answer(self, message: Json, where: str) -> None:
        if message["outcome"] == "timeout":
            return  # the charger said nothing then: nothing follows from it
        _, _, action, payload = json.loads(message["request"])
        frame = await self._asked(action, OF_ITSELF_S)
        if frame is None:
            # Core or staff had asked for it.
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
            kind, _, *rest = json.loads(message["reply"])
            await self._charger.send_text(json.dumps([kind, frame[1], *rest]))

    async def _asked(self, action: str, within: float) -> Frame | None:
        """The gateway's next CALL of this action; others are told of, and not supported."""
        while True:
            try:
                frame = await self._charger.next_call(within)
            except AssertionError:
                return None
            if frame[2] == action:
                return frame
            self.differences.append(f"{frame[2]}: was not sent to the charger, is now")
            await self._charger.answer_error(frame[1], "NotSupported")

    # --- then and now ---------------------------------------------------------------------------

    def _as_now(self, payload: Any, message: Json) -> Any:
        """The payload with its times moved, and with this gateway's ids."""
        moved = shifted(payload, self._later, datetime.fromisoformat(message["at"]))
        return _renamed(moved, self._given)

    def _as_then(self, reply: Frame | None) -> Frame | None:
        return reply and _renamed(reply, {now: then for then, now in self._given.items()})

    def _note_id(self, recorded: str, reply: Frame | None) -> None:
        """OCPP 1.6: the gateway numbers transactions, each one anew."""
        was = json.loads(recorded) if recorded else None
        if was is None or reply is None or {was[0], reply[0]} != {frames.CALLRESULT}:
            return
        then, now = was[2].get("transactionId"), reply[2].get("transactionId")
        if isinstance(then, int) and isinstance(now, int):
            self._given[then] = now


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


async def play(recording: Recording, server: Server, within: timedelta) -> list[str]:
    """What differs. Raises TimeoutError where it takes longer."""
    player = Player(recording, server)
    async with asyncio.timeout(within.total_seconds()):
        await player.play()
    return player.differences
