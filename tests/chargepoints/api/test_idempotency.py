"""An Idempotency-Key that comes again."""

from chargepoints.models import Command
from tests.chargepoints.api.client import ApiClient, register

HERE = "/charge-points/DEPOT-7/commands"
RESET = {"type": "reset", "args": {"type": "on_idle"}}


def test_the_same_key_and_body_are_the_same_command(client: ApiClient) -> None:
    register()
    first = client.post(HERE, RESET, Idempotency_Key="k1")
    again = client.post(HERE, RESET, Idempotency_Key="k1")
    assert again.json() == first.json()
    assert Command.objects.count() == 1
    other = client.post(HERE, {"type": "reset", "args": {}}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    # Another client's keys are its own.
    assert ApiClient(name="other").post(HERE, RESET, Idempotency_Key="k1").status_code == 202
    assert Command.objects.count() == 2


def test_a_key_that_came_with_a_command_to_another_charge_point_says_so(client: ApiClient) -> None:
    for identity in ("DEPOT-7", "DEPOT-8"):
        register(identity)
    sent = client.post(HERE, RESET, Idempotency_Key="k1")
    assert sent.status_code == 202
    elsewhere = client.post("/charge-points/DEPOT-8/commands", RESET, Idempotency_Key="k1")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "idempotency_conflict")
    assert "used before, for DEPOT-7" in elsewhere.json()["detail"]
