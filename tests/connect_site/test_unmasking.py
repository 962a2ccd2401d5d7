"""Unmasking gives the bytes that were masked, in however many pieces they come."""

from hypothesis import given
from hypothesis import strategies as st

from connect_site.server.unmasking import Unmasker


def masked(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[place % 4] for place, byte in enumerate(data))


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(1, 50))
def test_pieces_are_unmasked_in_turn(data: bytes, key: bytes, size: int) -> None:
    sent = masked(data, key)
    unmasker = Unmasker(key, len(data))
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert b"".join(unmasker.process(piece) for piece in pieces) == data
    assert unmasker.pointer() == len(data)
