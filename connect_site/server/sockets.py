"""Opens the listening sockets before any worker starts."""

import socket
from contextlib import suppress
from pathlib import Path

BACKLOG = 4096
# The proxy runs as another user of the same group.
UNIX_MODE = 0o660


class CannotStartError(Exception):
    """The message is for the operator."""


def listen_on_tcp(host: str, port: int) -> socket.socket:
    """`port` 0 means any free port. Raises CannotStartError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotStartError(f"cannot listen on {host}:{port}: {reason(error)}") from None


def listen_on_unix(path: Path) -> socket.socket:
    """Replaces a socket file that no process listens on. Raises CannotStartError."""
    if path.is_socket():
        if answers(path):
            raise CannotStartError(f"cannot listen on {path}: another process does")
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(UNIX_MODE)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotStartError(f"cannot listen on {path}: {reason(error)}") from None
    return listening


def which(path: Path) -> tuple[int, int]:
    """Identifies a socket file, because several may use the same path in succession."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def remove(path: Path, mine: tuple[int, int]) -> None:
    """Remove the file, unless the next server has already replaced it."""
    with suppress(FileNotFoundError):
        if which(path) == mine:
            path.unlink()


def reason(error: OSError) -> str:
    """Without the address, which `create_server` adds and our message already contains."""
    return (error.strerror or str(error)).split(" (while ")[0]


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
