"""Arguments of commands that are numbers within limits."""

from argparse import ArgumentTypeError
from collections.abc import Callable

HIGHEST_PORT = 65_535


def between(least: int, most: int) -> Callable[[str], int]:
    """The `type` of an argument that is an integer from `least` to `most`."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
        return number

    return parse


# The kernel would use a higher number modulo 65536.
port = between(0, HIGHEST_PORT)


def ports(text: str) -> range:
    """The `type` of an argument like 50000-50100."""
    first, dash, last = text.partition("-")
    found = range(port(first), port(last) + 1) if dash else range(0)
    if not found or not found[0]:
        raise ArgumentTypeError(f"{text!r} is not like 50000-50100")
    return found
