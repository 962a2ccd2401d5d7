"""ETags: what is known is not sent again, what was changed meanwhile is not overwritten."""

from django.utils import timezone

from chargepoints.models import ChargePoint
from tests.chargepoints.api.client import ApiClient, register


def test_what_the_client_has_is_not_sent_again(client: ApiClient) -> None:
    register()
    first = client.get("/charge-points/DEPOT-7")
    again = client.get("/charge-points/DEPOT-7", If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    ChargePoint.objects.update(last_seen_at=timezone.now())
    changed = client.get("/charge-points/DEPOT-7", If_None_Match=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_change_on_top_of_what_the_client_knows_is_taken(client: ApiClient) -> None:
    register()
    tag = client.get("/charge-points/DEPOT-7")["ETag"]
    # A heartbeat in between is nobody's change.
    ChargePoint.objects.update(last_seen_at=timezone.now())
    answer = client.patch("/charge-points/DEPOT-7", {"name": "Gate"}, If_Match=tag)
    assert answer.status_code == 200
    answer = client.patch("/charge-points/DEPOT-7", {"name": "Yard"}, If_Match=answer["ETag"])
    assert answer.status_code == 200


def test_a_change_of_what_was_changed_meanwhile_is_refused(client: ApiClient) -> None:
    register()
    tag = client.get("/charge-points/DEPOT-7")["ETag"]
    client.patch("/charge-points/DEPOT-7", {"name": "Gate"})
    for answer in (
        client.patch("/charge-points/DEPOT-7", {"name": "Yard"}, If_Match=tag),
        client.delete("/charge-points/DEPOT-7", If_Match=tag),
    ):
        assert answer.status_code == 412
        assert answer.json()["code"] == "precondition_failed"
    assert ChargePoint.objects.get().name == "Gate"


def test_any_tag_will_do_for_a_star_and_one_of_several(client: ApiClient) -> None:
    register()
    tag = client.get("/charge-points/DEPOT-7")["ETag"]
    for value in ("*", f'"other", {tag}', f"W/{tag}"):
        answer = client.patch("/charge-points/DEPOT-7", {"site": "North"}, If_Match=value)
        assert answer.status_code == 200
        ChargePoint.objects.update(site="")


def test_a_tag_without_its_quotes_changes_nothing(client: ApiClient) -> None:
    register()
    tag = client.get("/charge-points/DEPOT-7")["ETag"].strip('"')
    answer = client.patch("/charge-points/DEPOT-7", {"name": "Yard"}, If_Match=tag)
    assert (answer.status_code, ChargePoint.objects.get().name) == (412, "")


def test_tokens_are_guarded_alike(client: ApiClient) -> None:
    token = client.post("/id-tokens", {"value": "04A1B2"})
    path = f"/id-tokens/{token.json()['id']}"
    client.put(path, {"value": "04A1B2", "status": "blocked"})
    body = {"value": "04A1B2"}
    assert client.put(path, body, If_Match=token["ETag"]).status_code == 412
    assert client.delete(path, If_Match=token["ETag"]).status_code == 412
    assert client.delete(path, If_Match=client.get(path)["ETag"]).status_code == 204
