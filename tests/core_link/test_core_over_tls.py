"""A server over TLS: its certificate is looked at, and the connection is kept like any other."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core_link import http_connections, outbound
from core_link.outbound import Exchange, NoAnswer
from tests.pki import Issuer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Whom the gateway trusts."""
    trusted = Issuer(tmp_path, "Root")
    context = ssl.create_default_context(cafile=str(trusted.root))
    monkeypatch.setattr(http_connections, "_tls", lambda: context)
    return trusted


@contextmanager
def server(issuer: Issuer, *, address: str | None) -> Iterator[str]:
    """Answers on one connection until it is closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = issuer.issue("core", address=address)
    context.load_cert_chain(issued.certificate, issued.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    while secured.recv(65536):
                        secured.sendall(ANSWER)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/events"
    http_connections._opened.__dict__.clear()
    thread.join()
    listener.close()


def post(url: str) -> bytes:
    return outbound.post(url, b"{}", {}, exchange=Exchange(), timeout_s=5).body


def test_who_has_a_certificate_for_its_address_is_told(issuer: Issuer) -> None:
    with server(issuer, address="127.0.0.1") as url:
        assert [post(url), post(url)] == [b"{}", b"{}"]


def test_who_has_one_for_another_address_is_not(issuer: Issuer) -> None:
    with server(issuer, address="127.0.0.2") as url, pytest.raises(NoAnswer, match="certificate"):
        post(url)
