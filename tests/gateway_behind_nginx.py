"""The real server on a unix socket, behind nginx as deploy/nginx sets it up."""

import os
import re
import socket
import ssl
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

from tests.fakes.charger import RawCharger
from tests.operated_station import PROTOCOL
from tests.pki import Issued, Issuer
from tests.running_gateway import KEY, START_WITHIN_S, RunningGateway
from tests.warm_start import REPOSITORY, ManagePy

# The suites a CSMS has to know, each of them: 2.0.1 A00.FR.318, whitepaper A00.FR.317.
SUITES = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
]
CONFIGURATION = REPOSITORY / "deploy" / "nginx" / "gateway.conf"
AROUND = """
{user}
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/gateway.conf;
}}
"""


class GatewayBehindNginx(RunningGateway):
    """`root` signed the server's certificates, `issuer` issues those of chargers."""

    def __init__(self, name: str, directory: Path, environment: dict[str, str]) -> None:
        super().__init__(name, directory, environment)
        self.url = f"wss://127.0.0.1:{self.port}/ocpp"
        self.http = self.environment["PUBLIC_URL"] = f"https://127.0.0.1:{self.port}"
        self.directory = directory
        self.issuer = Issuer(directory, "Chargers")
        self._servers = Issuer(directory, "Servers")
        self.root = self._servers.root
        self._nginx: subprocess.Popen[bytes] | None = None

    def trust(self, *roots: Path) -> None:
        """What nginx takes chargers' certificates from, before it is started."""
        texts = [root.read_text() for root in (self.issuer.root, *roots)]
        (self.directory / "authority.pem").write_text("".join(texts))

    def client(self, certificate: Issued | None = None) -> ssl.SSLContext:
        """The TLS of a charger, with its certificate if it has one."""
        context = ssl.create_default_context(cafile=str(self.root))
        if certificate is not None:
            context.load_cert_chain(certificate.certificate, certificate.key)
        return context

    async def connect(
        self, identity: str, protocol: str = PROTOCOL, key: str | None = KEY, **more: Any
    ) -> RawCharger:
        more.setdefault("tls", self.client())
        return await RawCharger.connect(self.url, identity, key, [protocol], **more)

    def agrees_on(self, suite: str) -> tuple[str, str]:
        """TLS version and suite that are agreed on with a charger that knows one suite alone."""
        context = self.client()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        with self._handshake(context) as secured:
            cipher = secured.cipher()
            assert cipher is not None
            return secured.version() or "", cipher[0]

    def speaks_old_tls(self) -> bool:
        """Whether a charger gets in that knows nothing above TLS 1.1."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context = self.client()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            self._handshake(context).close()
        except ssl.SSLError:
            return False
        return True

    def _handshake(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            return context.wrap_socket(plain, server_hostname="127.0.0.1")
        except ssl.SSLError:
            plain.close()
            raise

    def start(self) -> None:
        socket_path = self.directory / "gateway.sock"
        self._configure(socket_path)
        arguments = ["serve", "--unix", str(socket_path)]
        self._process = ManagePy(arguments, self.environment, self.log)
        deadline = time.monotonic() + START_WITHIN_S
        while not socket_path.is_socket():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"no socket: {self.log.read_text()}"
            time.sleep(0.05)
        self._nginx = subprocess.Popen(
            ["nginx", "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")],
            stderr=subprocess.DEVNULL,
        )
        self._wait_for_nginx(deadline)

    def stop(self) -> int | None:
        if self._nginx is not None:
            self._nginx.terminate()
            self._nginx.wait(timeout=30)
            self._nginx = None
        return super().stop()

    def _configure(self, socket_path: Path) -> None:
        for kind, rsa_key in (("ecdsa", False), ("rsa", True)):
            issued = self._servers.issue("127.0.0.1", rsa_key=rsa_key, address="127.0.0.1")
            issued.certificate.rename(self.directory / f"server-{kind}.pem")
            issued.key.rename(self.directory / f"server-{kind}.key")
        text = CONFIGURATION.read_text()
        for there, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("/run/connect/gateway.sock", str(socket_path)),
            ("/etc/connect/", f"{self.directory}/"),
        ):
            assert there in text
            text = text.replace(there, here)
        if (self.directory / "revoked.pem").exists():
            assert "# ssl_crl " in text
            text = text.replace("# ssl_crl ", "ssl_crl ")
        assert not re.search(r"/etc/|/run/", re.sub(r"#.*", "", text))
        (self.directory / "gateway.conf").write_text(text)
        # The socket is its group's; only root can become another user.
        user = "user root;" if os.geteuid() == 0 else ""
        around = AROUND.format(user=user, directory=self.directory)
        (self.directory / "nginx.conf").write_text(around)
        if not (self.directory / "authority.pem").exists():
            self.trust()

    def _wait_for_nginx(self, deadline: float) -> None:
        assert self._nginx is not None
        while True:
            try:
                ssl.get_server_certificate(("127.0.0.1", self.port), ca_certs=str(self.root))
            except OSError:
                log = self.directory / "nginx.log"
                assert self._nginx.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            else:
                return
