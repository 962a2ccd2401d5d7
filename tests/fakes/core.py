"""The fake core: an HTTP server that answers, takes events, and fails on demand.

    with FakeCore() as core:
        ...                                     # CORE_URL=core.url
        core.fail(path="/authorize", slow_ms=5000, times=1)
        core.decisions.tokens["04A1"] = {"status": "blocked"}
        core.journal.events_of("CP-1")

The same over HTTP: `GET /journal`, `DELETE /journal`, `POST /faults`, `GET /faults`,
`DELETE /faults`, `POST /tokens` (`{value: answer}`), and a page for people at `/`.
"""

import json
import socket
import threading
from collections.abc import Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

from tests.fakes import core_page
from tests.fakes.core_decisions import (
    REQUIRED_FIELDS,
    BrokenContractError,
    Decisions,
    check_request,
)
from tests.fakes.core_faults import Fault, Faults
from tests.fakes.core_journal import Exchange, Journal, now


class FakeCore:
    """Serves on `host`:`port` (0: any free port) from `start` to `stop`, or within `with`.

    `token` is the bearer token to ask for in decisions, `secrets` are the Standard Webhooks
    secrets of which one must have signed a delivery; neither is checked when it is not given.
    Raises `OSError` when the port is taken.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
        secrets: Sequence[str] = (),
        keep: int | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.token = token
        self.webhooks = [Webhook(secret) for secret in secrets]
        self.decisions = Decisions()
        self.faults = Faults()
        self.journal = Journal(keep)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Take the port, the same one as before after a `stop`."""
        self._server = _Server((self.host, self.port), self)
        self.port = self._server.server_address[1]
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), name="fake core", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every open connection: core is down."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fail(self, **knobs: Any) -> None:
        """Set a fault; the knobs are the fields of `core_faults.Fault`."""
        self.faults.add(Fault(**knobs))


class _Server(ThreadingHTTPServer):
    # The threads are waited for in `server_close`: none outlives its test.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], core: FakeCore) -> None:
        self.core = core
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        self.closing.set()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the gateway was quicker

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that the gateway or a fault has cut is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    @property
    def core(self) -> FakeCore:
        return self.server.core

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the journal has it."""

    # --- what people and tests ask --------------------------------------------------------------

    def do_GET(self) -> None:
        if self.path == "/":
            page = core_page.render(self.core.journal, self.core.faults).encode()
            self._send(200, page, {"Content-Type": "text/html; charset=utf-8"})
        elif self.path == "/journal":
            self._send_json(200, self.core.journal.to_json())
        elif self.path == "/faults":
            self._send_json(200, [asdict(fault) for fault in self.core.faults.active()])
        else:
            self._send_json(404, {"detail": "no such page"})

    def do_DELETE(self) -> None:
        if self.path == "/faults":
            self.core.faults.clear()
        elif self.path == "/journal":
            self.core.journal.clear()
        else:
            self._send_json(404, {"detail": "nothing to delete here"})
            return
        self._send(204)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path in REQUIRED_FIELDS:
            self._answer_gateway(body)
        elif self.path == "/faults":
            self._set_fault(body)
        elif self.path == "/tokens":
            self._set_tokens(body)
        else:
            self._send_json(404, {"detail": "core has no such endpoint"})

    def _set_fault(self, body: bytes) -> None:
        try:
            self.core.faults.add(Fault.from_json(json.loads(body)))
        except (TypeError, ValueError) as error:
            self._send_json(400, {"detail": str(error)})
        else:
            self._send(204)

    def _set_tokens(self, body: bytes) -> None:
        try:
            answers = json.loads(body)
        except ValueError:
            answers = None
        if isinstance(answers, dict) and all(isinstance(each, dict) for each in answers.values()):
            self.core.decisions.tokens.update(answers)
            self._send(204)
        else:
            self._send_json(400, {"detail": "an object of answers, by token"})

    # --- what the gateway asks ------------------------------------------------------------------

    def _answer_gateway(self, body: bytes) -> None:
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        fault = self.core.faults.take(self.path, request)
        if fault.slow_ms:
            self.server.closing.wait(fault.slow_ms / 1000)
        refused = self._refuse(request, body)
        status, answer = refused or self._fail(fault) or (200, self._answer(request, fault))
        events = [] if refused or status != 200 else self._taken_events(request, answer)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.core.journal.write(
            Exchange(now(), self.path, headers, request, status, answer), events
        )
        if status is None:
            self.close_connection = True
        elif isinstance(answer, str):
            self._send(status, answer.encode(), _fault_headers(fault))
        else:
            self._send_json(status, answer)

    def _refuse(self, request: Any, body: bytes) -> tuple[int | None, Any] | None:
        """The answer to a request that no core would take, whatever fault is set."""
        if not self._authentic(body):
            return 401, {"detail": "wrong credentials or signature"}
        try:
            check_request(self.path, request)
        except BrokenContractError as error:
            return 400, {"detail": str(error)}
        return None

    def _fail(self, fault: Fault) -> tuple[int | None, Any] | None:
        """What the fault puts in the place of an answer, if anything."""
        if fault.down or self.server.closing.is_set():
            return None, None
        if fault.status is not None:
            return fault.status, ""
        if fault.wrong_schema:
            return 200, {"surprise": [1, 2, 3]}
        if fault.garbage:
            return 200, "<html>this is not the JSON you are looking for"
        return None

    def _answer(self, request: Any, fault: Fault) -> Any:
        if self.path != "/events":
            return self.core.decisions.decide(self.path, request)
        if fault.acknowledge_first is None:
            return {}
        positions = [event["position"] for event in request["events"][: fault.acknowledge_first]]
        return {"acked_through": max(positions, default=0)}

    def _taken_events(self, request: Any, answer: Any) -> list[dict[str, Any]]:
        """The events that are acknowledged: by any 2xx, whatever its body says otherwise."""
        if self.path != "/events":
            return []
        through = answer.get("acked_through") if isinstance(answer, dict) else None
        events: list[dict[str, Any]] = request["events"]
        return [event for event in events if through is None or event["position"] <= through]

    def _authentic(self, body: bytes) -> bool:
        if self.path != "/events":
            wanted = self.core.token and f"Bearer {self.core.token}"
            return not wanted or self.headers.get("Authorization") == wanted
        headers = dict(self.headers.items())
        return not self.core.webhooks or any(
            _signed_by(webhook, body, headers) for webhook in self.core.webhooks
        )

    # --- sending --------------------------------------------------------------------------------

    def _send_json(self, status: int, value: Any) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _signed_by(webhook: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _fault_headers(fault: Fault) -> dict[str, str]:
    wanted = {"Retry-After": fault.retry_after, "Location": fault.location}
    return {name: str(value) for name, value in wanted.items() if value is not None}
