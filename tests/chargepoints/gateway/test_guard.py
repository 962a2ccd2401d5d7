"""The guard against guessing and against takeovers without end."""

from chargepoints.gateway.handshake import Request
from chargepoints.gateway.refusals import STORM, TOO_MANY, Guard


def asks(identity: str, address: str = "192.0.2.1") -> Request:
    return Request(identity, f"/ocpp/{identity}", ("ocpp1.6",), None, address, ())


def test_an_identity_that_fails_five_times_waits_and_only_at_its_address() -> None:
    guard = Guard()
    for _ in range(5):
        assert guard.refuses(asks("CP-1")) is None
        guard.failed(asks("CP-1"))
    assert guard.refuses(asks("cp-1")) is TOO_MANY
    assert guard.refuses(asks("CP-1", "192.0.2.2")) is None
    assert guard.refuses(asks("CP-2")) is None


def test_an_address_that_fails_twenty_times_waits_but_for_those_who_came_in_before() -> None:
    guard = Guard()
    guard.let_in(asks("NEIGHBOUR"))
    for number in range(20):
        assert guard.refuses(asks(f"CP-{number}")) is None
        guard.failed(asks(f"CP-{number}"))
    assert guard.refuses(asks("CP-99")) is TOO_MANY
    assert guard.refuses(asks("neighbour")) is None
    assert guard.refuses(asks("CP-99", "192.0.2.2")) is None


def test_the_sixth_takeover_within_a_minute_freezes_the_identity() -> None:
    guard = Guard()
    assert [guard.took_over("CP-1") for _ in range(6)] == [False] * 5 + [True]
    assert guard.refuses(asks("cp-1")) is STORM
    assert guard.refuses(asks("CP-2")) is None
