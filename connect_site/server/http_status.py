"""What HTTP statuses are called."""

from http import HTTPStatus


def phrase(status: int) -> bytes:
    """Twisted has no name for the younger ones, 429 among them."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
