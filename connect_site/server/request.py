"""One HTTP request, up to the point where it becomes a WebSocket."""

from collections.abc import Mapping
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.address import IPv4Address

from connect_site.server import handshake
from connect_site.server.channel import RequestChannel
from connect_site.server.http_status import phrase
from connect_site.server.writability import Writability

BODY_LIMIT = 64 * 1024 * 1024
# After so long without taking any of its answer, a client is hung up on.
STALLED_S = 60

# What only a proxy may say. Certificates: see the TLS terminating configuration in deploy/.
PROXY_HEADERS = ("x-forwarded-", "x-real-ip", "forwarded", "x-client-cert")
# daphne would take its root path from anybody.
NOBODYS_HEADERS = (b"daphne-root-path",)


class Request(Writability, WebRequest):
    """daphne's request: believes the proxy and nobody else, and bounds what it buffers."""

    channel: Any
    uri: bytes
    body_length = 0
    behind_tls = False

    def __init__(self, channel: Any, queued: Any = False) -> None:
        # Forms are Django's business.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)

    def process(self) -> Any:
        channel, transport = self.channel, self.transport
        self.uri = handshake.tidy_target(self.uri)
        self.path = self.uri.split(b"?", 1)[0]
        self._trust_the_proxy_alone()
        if self.body_length > BODY_LIMIT:
            self.basic_error(413, b"Content Too Large", "The body is too large.")
            return None
        if (self.requestHeaders.getRawHeaders(b"upgrade") or [b""])[0].lower() == b"websocket":
            if self.body_length:
                # It would be taken for the first frames.
                self.basic_error(400, b"Bad Request", "A handshake has no body.")
                return None
            handshake.tidy_headers(self.requestHeaders)
        processing = super().process()
        if self.transport is None:
            # The socket has left for its protocol. Request and channel hold each other: without
            # this every charger would keep both until the garbage collector finds them.
            channel.requests.clear()
            self.channel = None
            channel.successor = transport.protocol
        return processing

    def _trust_the_proxy_alone(self) -> None:
        for name in NOBODYS_HEADERS:
            self.requestHeaders.removeHeader(name)
        if not handshake.behind_proxy(self.transport):
            for name, _ in list(self.requestHeaders.getAllRawHeaders()):
                if name.decode("latin1").lower().startswith(PROXY_HEADERS):
                    self.requestHeaders.removeHeader(name)
            return
        headers = {
            name.lower(): values[-1] for name, values in self.requestHeaders.getAllRawHeaders()
        }
        client, scheme = handshake.forwarded(headers, None, "http")
        if client is not None:
            self.client = IPv4Address("TCP", *client)
            self.host = IPv4Address("TCP", "localhost", 0)  # daphne wants both or none
        self.behind_tls = scheme == "https"

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        super().setResponseCode(code, message or phrase(code))

    def isSecure(self) -> bool:
        return self.behind_tls

    def handleContentChunk(self, data: bytes) -> None:
        """What is over the limit is read and dropped; `process` refuses it then."""
        self.body_length += len(data)
        self.channel.body_came(len(data))
        if self.body_length <= BODY_LIMIT:
            super().handleContentChunk(data)

    def handle_reply(self, message: Mapping[str, Any]) -> None:
        super().handle_reply(message)
        if message["type"] == "http.response.start" and not (self.finished or self._disconnected):
            self.registerProducer(self, True)

    def finish(self) -> None:
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def check_timeouts(self) -> None:
        super().check_timeouts()
        if self.blocked_for() > STALLED_S:
            self.channel.forceAbortClient()


class RequestFactory(HTTPFactory):
    # Nobody negotiates HTTP/2 without TLS, so that no wrapper has to choose.
    protocol = RequestChannel

    def __init__(self, server: Any, *, request_within: float) -> None:
        super().__init__(server)
        self.timeOut = request_within

    def buildProtocol(self, addr: Any) -> Any:
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel
