"""Keys of charge points and of the API: shown once, stored as hashes."""

from django.test import Client

from chargepoints.models import ApiKey, ChargePoint

CHARGE_POINTS = "/admin/chargepoints/chargepoint/"
API_KEYS = "/admin/chargepoints/apikey/"


def test_a_new_key_is_asked_for_shown_once_and_replaces_the_old_one(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    url = f"{CHARGE_POINTS}{charge_point.pk}/key/"
    assert "Create a new key" in admin_client.get(url).content.decode()
    assert charge_point.credentials.get().matches(b"a-key")
    response = admin_client.post(url)
    key = response.context["key"]
    assert key in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    credential = charge_point.credentials.get()
    assert credential.matches(key.encode())
    assert not credential.matches(b"a-key")
    assert key not in str(admin_client.session.items())


def test_an_api_key_is_shown_once_and_works(admin_client: Client) -> None:
    form = {"name": "core", "scope": "operate", "expires_at_0": "", "expires_at_1": ""}
    response = admin_client.post(f"{API_KEYS}add/", form)
    key = response.context["key"]
    assert key in response.content.decode()
    api_key = ApiKey.objects.get()
    assert (api_key.name, api_key.scope, api_key.usable) == ("core", "operate", True)
    assert api_key.digest == ApiKey.hash(key)
    answer = Client().get("/api/v1/charge-points", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    pages = [API_KEYS, f"{API_KEYS}{api_key.pk}/change/", f"{API_KEYS}{api_key.pk}/history/"]
    assert all(key not in admin_client.get(page).content.decode() for page in pages)


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(admin_client: Client) -> None:
    api_key, key = ApiKey.issue("core", ApiKey.Scope.READ)
    admin_client.post(API_KEYS, {"action": "revoke", "_selected_action": [api_key.pk]})
    answer = Client().get("/api/v1/charge-points", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert ">revoked<" in admin_client.get(API_KEYS).content.decode()


def test_the_scope_of_a_key_cannot_be_widened(admin_client: Client) -> None:
    api_key, _ = ApiKey.issue("core", ApiKey.Scope.READ)
    form = {"name": "core 2", "scope": "admin", "expires_at_0": "", "expires_at_1": ""}
    admin_client.post(f"{API_KEYS}{api_key.pk}/change/", form)
    api_key.refresh_from_db()
    assert (api_key.name, api_key.scope) == ("core 2", "read")


def test_an_api_key_cannot_be_deleted(admin_client: Client) -> None:
    api_key, _ = ApiKey.issue("core", ApiKey.Scope.READ)
    assert admin_client.post(f"{API_KEYS}{api_key.pk}/delete/", {"post": "yes"}).status_code == 403
