"""One HTTP request, until it becomes a WebSocket."""

from collections.abc import Mapping
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.address import IPv4Address

from connect_site.server import handshake
from connect_site.server.channel import RequestChannel
from connect_site.server.http_status import phrase
from connect_site.server.writability import Writability

BODY_LIMIT = 64 * 1024 * 1024
# More than the API's own limit, so that the API itself can refuse slightly larger bodies.
API_LIMIT = 2 * 1024 * 1024
# For clients without a key or session, such as at sign-in.
STRANGERS_LIMIT = 64 * 1024
# All requests of this process together.
ALL_BODIES_LIMIT = 256 * 1024 * 1024
UPLOADS = b"/files/uploads/"
ADMIN, API = b"/admin/", b"/api/"
# A client that reads nothing of its answer for this long is disconnected.
STALLED_S = 60

# Headers that only a proxy may send. Certificates: see the TLS configuration in deploy/.
PROXY_HEADERS = ("x-forwarded-", "x-real-ip", "forwarded", "x-client-cert", "x-tls-")
# daphne would accept its root path from any client.
NOBODYS_HEADERS = (b"daphne-root-path",)


class Request(Writability, WebRequest):
    """daphne's request: trusts only the proxy's headers, and limits what it buffers."""

    channel: Any
    uri: bytes
    body_length = 0
    body_refused: tuple[int, bytes, str] | None = None
    behind_tls = False
    # The size of all bodies in this process.
    bodies_held = 0

    def __init__(self, channel: Any, queued: Any = False) -> None:
        # Django parses forms.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self._held = 0

    def process(self) -> Any:
        channel, transport = self.channel, self.transport
        self.uri = handshake.tidy_target(self.uri)
        self.path = self.uri.split(b"?", 1)[0]
        self._trust_the_proxy_alone()
        if self.body_refused:
            self._forget_body()
            self.basic_error(*self.body_refused)
            return None
        if (self.requestHeaders.getRawHeaders(b"upgrade") or [b""])[0].lower() == b"websocket":
            if self.body_length:
                # The body would be read as WebSocket frames.
                self.basic_error(400, b"Bad Request", "A handshake has no body.")
                return None
            handshake.tidy_headers(self.requestHeaders)
        processing = super().process()
        if self.transport is None:
            # The WebSocket protocol has taken over. Request and channel refer to each other: both
            # would stay in memory for every charger until the garbage collector runs.
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
        """A body over a limit is read and dropped; then `process` refuses it."""
        self.body_length += len(data)
        self.channel.body_came(len(data))
        if self.body_refused:
            return
        if self.body_length > self._most():
            self.body_refused = (413, b"Content Too Large", "The body is too large.")
        elif Request.bodies_held + len(data) > ALL_BODIES_LIMIT:
            self.body_refused = (503, b"Service Unavailable", "Too many bodies are on their way.")
        else:
            Request.bodies_held += len(data)
            self._held += len(data)
            super().handleContentChunk(data)

    def _most(self) -> int:
        """The limit for this body, before the key or the session is checked."""
        path = self.channel.target
        if path.startswith(UPLOADS):
            return BODY_LIMIT
        if path.startswith(ADMIN) and self.requestHeaders.hasHeader(b"cookie"):
            return BODY_LIMIT
        if path.startswith(API) and self.requestHeaders.hasHeader(b"authorization"):
            return API_LIMIT
        return STRANGERS_LIMIT

    def _forget_body(self) -> None:
        Request.bodies_held -= self._held
        self._held = 0

    def handle_reply(self, message: Mapping[str, Any]) -> None:
        super().handle_reply(message)
        if message["type"] == "http.response.start" and not (self.finished or self._disconnected):
            self.registerProducer(self, True)

    def connectionLost(self, reason: Any) -> None:
        self._forget_body()
        super().connectionLost(reason)

    def finish(self) -> None:
        self._forget_body()
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def check_timeouts(self) -> None:
        super().check_timeouts()
        if self.blocked_for() > STALLED_S:
            self.channel.forceAbortClient()


class RequestFactory(HTTPFactory):
    # Without TLS there is no HTTP/2 negotiation, and no wrapper is needed.
    protocol = RequestChannel

    def __init__(self, server: Any, *, request_within: float) -> None:
        super().__init__(server)
        self.timeOut = request_within

    def buildProtocol(self, addr: Any) -> Any:
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel
