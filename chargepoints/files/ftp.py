"""An FTP server for chargers that support nothing else: each login can transfer one file.

It runs in its own process, which shares the database and the directory of files with the gateway.
"""

import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer

from chargepoints.models import FirmwareFile
from chargepoints.services.files import hosting, uploads

CHUNK = 64 * 1024
# pyftpdlib's permissions: change directory, list, and store or retrieve; no reading of uploads.
BRINGS, FETCHES = "elw", "elr"
MOST_CONNECTIONS = 256
MOST_FROM_ONE_ADDRESS = 8


class OneTimeLogins(DummyAuthorizer):
    """User name and password are in the URL that the charger got; the password is the token."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def validate_authentication(self, user: str, password: str, handler: Any) -> None:
        close_old_connections()
        home = self.directory / user
        upload, link = hosting.find_upload(password), hosting.find_link(password)
        if upload and upload.received_at is None and user == hosting.ftp_user(upload):
            home.mkdir(exist_ok=True)
            allowed = BRINGS
        elif link and user == hosting.ftp_user(link):
            home.mkdir(exist_ok=True)
            _lay_out(link.firmware, home)
            allowed = FETCHES
        else:
            raise AuthenticationFailed("this login is unknown, used or expired")
        if not self.has_user(user):
            self.add_user(user, password, str(home), perm=allowed)


def _lay_out(firmware: FirmwareFile, home: Path) -> None:
    """Provide the image under its name: a hard link if the file system allows it, else a copy."""
    image = home / PurePosixPath(firmware.name).name
    if image.exists():
        return
    try:
        image.hardlink_to(firmware.file.path)
    except OSError:
        shutil.copyfile(firmware.file.path, image)


class BoundedTransfer(DTPHandler):
    def handle_read(self) -> None:
        super().handle_read()
        if self.tot_bytes_received > settings.UPLOAD_LIMIT_BYTES:
            self.cmd_channel.respond("552 The file is too large.")
            self.close()


class OneFileHandler(FTPHandler):
    banner = "Ready."
    dtp_handler = BoundedTransfer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password = ""
        self._current_type = "i"

    def ftp_TYPE(self, line: str) -> None:  # noqa: N802  (pyftpdlib's name)
        """Always binary: some chargers request ASCII and send archives."""
        super().ftp_TYPE("I")

    def ftp_PASS(self, line: str) -> None:  # noqa: N802
        self.password = line
        super().ftp_PASS(line)

    def on_file_received(self, file: str) -> None:
        path = Path(file)
        close_old_connections()
        upload = hosting.find_upload(self.password)
        try:
            if upload is not None and path.stat().st_size <= settings.UPLOAD_LIMIT_BYTES:
                with path.open("rb") as content:
                    stored_as, size = hosting.store(upload, iter(lambda: content.read(CHUNK), b""))
                if not uploads.receive(upload, stored_as, size, path.name):
                    upload.file.storage.delete(stored_as)
        finally:
            path.unlink()

    def on_file_sent(self, file: str) -> None:
        close_old_connections()
        if link := hosting.find_link(self.password):
            hosting.fetched_by_ftp(link)
        Path(file).unlink(missing_ok=True)

    def on_incomplete_file_received(self, file: str) -> None:
        Path(file).unlink(missing_ok=True)


def serve(host: str, port: int, passive_ports: range | None, passive_address: str | None) -> None:
    """Serve until interrupted. Raises OSError if the port is in use."""
    with tempfile.TemporaryDirectory(prefix="connect-ftp-") as directory:
        handler = OneFileHandler
        handler.authorizer = OneTimeLogins(Path(directory))
        handler.passive_ports = passive_ports
        handler.masquerade_address = passive_address
        server = FTPServer((host, port), handler)
        server.max_cons = MOST_CONNECTIONS
        server.max_cons_per_ip = MOST_FROM_ONE_ADDRESS
        try:
            server.serve_forever()
        finally:
            server.close_all()
