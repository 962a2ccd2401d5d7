"""The opening handshake: the application's first message accepts or refuses it."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from connect_site.server import handshake
from connect_site.server.http_status import phrase
from connect_site.server.inbox import Inbox

Headers = list[tuple[bytes, bytes]]

READ_AT_ONCE = 8 * 1024


class OpeningHandshake(WebSocketProtocol):
    """Answers a refusal with the application's own status, headers and body.

    ASGI calls this the denial response, `websocket.http.response`.
    """

    inbox: Inbox | None = None
    handshake_deferred: Any = None  # set until the handshake is decided
    denial: tuple[int, Headers, bytes] | None = None
    # autobahn sets these while it reads the request.
    http_request_uri = ""
    websocket_protocols: Sequence[str] = ()

    def connectionMade(self) -> None:
        """Replaces autobahn's, which builds a long, unused description of the transport."""
        self._connectionMade()

    def _connectionMade(self) -> None:
        super()._connectionMade()
        self.last_byte = time.monotonic()
        # Messages have some hundred bytes; Twisted would allocate 64 KiB for each.
        self.transport.bufferSize = READ_AT_ONCE
        # Randomised, so that the pings of a whole fleet do not come in one burst.
        self.silence_before_ping = self.factory.ping_interval * random.uniform(0.8, 1)  # noqa: S311
        # Replaces the HTTP channel, which would otherwise stay in memory.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def onConnect(self, request: Any) -> Any:
        """Start the application; its first message decides the handshake."""
        return self._start_application(
            {
                "connect.compression": self.allow_compression,
                "connect.keepalive": self.keep_alive,
                "connect.long_messages": self.take_long_messages,
                "connect.no_close_frame": self.end_without_close_frame,
            }
        )

    def _start_application(self, extensions: dict[str, Any]) -> Any:
        """Start the application; the Deferred fires when it accepts or refuses the handshake."""
        self.server = self.factory.server_class
        self.server.protocol_connected(self)
        self.handshake_deferred = deferred = defer.Deferred()
        self.inbox = Inbox(on_full=self.pause_reading, on_room=self.resume_reading)
        self.inbox.put({"type": "websocket.connect"})
        scope = handshake.websocket_scope(self)
        scope["extensions"] |= extensions
        self.path, self.client_addr = scope["path"], scope["client"]
        self.server.start_application(self, scope, self.inbox.get, self.send)
        return deferred

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        """Called by autobahn: it found a defect in the request, or the application refused it.

        After a defect, start the application with the scope extension `connect.defect`, so that it
        can record the refusal; then send autobahn's own answer.
        """
        fail = super().failHandshake
        if self.inbox is not None or not self.http_request_uri:
            fail(reason, code, responseHeaders)
            return

        def answer(_decided: object) -> None:
            self.denial = None
            fail(reason, code, responseHeaders)

        self._start_application({"connect.defect": reason}).addBoth(answer)

    def serverAccept(self, subprotocol: str | None = None, headers: Any = ()) -> None:
        # Autobahn's exception would be lost, and the charger would wait for ever.
        if subprotocol is not None and subprotocol not in self.websocket_protocols:
            raise ValueError(f"subprotocol {subprotocol!r} was not offered")
        deferred, self.handshake_deferred = self.handshake_deferred, None
        deferred.callback((subprotocol, {k.decode(): v.decode("latin1") for k, v in headers}))
        if self.state != self.STATE_OPEN:
            raise ValueError("the handshake failed")
        self._forget_handshake()
        self.resume_reading()

    def _forget_handshake(self) -> None:
        """Free some 10 KiB per charger that only the handshake needs."""
        for name in (
            "http_headers", "http_request_data", "http_request_host", "http_request_params",
            "http_request_path", "http_request_uri", "http_response_data", "http_status_line",
            "is_open", "path_parameters", "websocket_extensions", "websocket_origin",
            "_transport_details", "_wskey", "utf8validator",
            "send_queue",  # of autobahn's `sendData`, which ours replaces
        ):  # fmt: skip
            self.__dict__.pop(name, None)
        # A dictionary of the size that the remaining attributes need.
        self.__dict__ = dict(self.__dict__)

    def _onOpen(self) -> None:
        """Nothing to do: the application itself has accepted."""

    def serverReject(self) -> None:
        self.deny(403, [], b"")

    def collect_denial(self, message: Mapping[str, Any]) -> None:
        """Handle one of the two ASGI messages of a denial."""
        if message["type"] == "websocket.http.response.start":
            self.denial = (message["status"], list(message.get("headers", ())), b"")
        elif self.denial is not None:
            status, headers, body = self.denial
            self.denial = (status, headers, body + message.get("body", b""))
            if not message.get("more_body"):
                self.deny(*self.denial)

    def deny(self, status: int, headers: Headers, body: bytes) -> None:
        deferred, self.handshake_deferred = self.handshake_deferred, None
        self.denial = (status, headers, body)
        deferred.errback(ConnectionDeny(status, f"refused with {status}"))

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        """Sends our denials, and autobahn's own errors about the request."""
        status, headers, body = self.denial or (code, [], reason.encode())
        lines = [b"HTTP/1.1 %d %s" % (status, phrase(status))]
        lines += [name + b": " + value for name, value in headers]
        lines += [f"{name}: {value}".encode("latin1") for name, value in responseHeaders or ()]
        lines += [b"content-length: %d" % len(body), b"connection: close", b"", body]
        self.sendData(b"\r\n".join(lines))
