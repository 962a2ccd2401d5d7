"""Reason phrases of HTTP statuses."""

from http import HTTPStatus


def phrase(status: int) -> bytes:
    """Twisted lacks the newer ones, such as 429."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
