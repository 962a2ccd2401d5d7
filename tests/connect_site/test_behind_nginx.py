"""nginx before the unix socket: the charger's address and scheme arrive, and nothing forged."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.connect_site.process import serving, until
from tests.connect_site.raw_client import RawSocket, handshake

pytestmark = pytest.mark.services

CONFIGURATION = """
daemon off; master_process off; pid {directory}/pid; error_log {directory}/error;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://unix:{unix}:;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
}}
"""


@contextmanager
def nginx(directory: Path, unix: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = CONFIGURATION.format(directory=directory, port=port, unix=unix)
    configuration = directory / "nginx.conf"
    configuration.write_text(text)
    process = subprocess.Popen(["nginx", "-c", configuration, "-e", directory / "error"])
    try:
        until(lambda: accepts(port), 10)
        yield port
    finally:
        process.terminate()
        process.wait()


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_charger_behind_nginx_is_seen_as_nginx_saw_it(tmp_path: Path) -> None:
    unix = tmp_path / "socket"
    forged = "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http"
    with serving(unix=str(unix)), nginx(tmp_path, unix) as port:
        client = RawSocket(socket.create_connection(("127.0.0.1", port), timeout=10))
        with client:
            client.sock.sendall(handshake("/scope/CP%2F1", *forged))
            client.read_response()
            assert client.status == 101
            scope = json.loads(client.text())
    assert scope["client"] == ["127.0.0.1", 0]
    assert scope["scheme"] == "wss"
    assert scope["raw_path"] == "/scope/CP%2F1"


def test_a_refusal_passes_through_nginx(tmp_path: Path) -> None:
    unix = tmp_path / "socket"
    with serving(unix=str(unix)), nginx(tmp_path, unix) as port:
        client = RawSocket(socket.create_connection(("127.0.0.1", port), timeout=10))
        with client:
            client.sock.sendall(handshake("/deny/401"))
            client.read_response()
            assert client.status == 401
            assert client.headers["www-authenticate"] == 'Basic realm="ocpp"'
