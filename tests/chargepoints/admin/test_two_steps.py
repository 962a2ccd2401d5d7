"""Signing in with a password and a code of an authenticator."""

import time

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from chargepoints.admin import sign_in
from chargepoints.minute_counts import MinuteCounts
from chargepoints.models import ChargePoint, Upload
from tests.chargepoints.admin.conftest import AsRole

PASSWORD = "a-password-of-the-tests"
OWN, CODE, LIST = "/admin/auth/user/two-steps/", "/admin/auth/user/code/", "/admin/auth/user/"
CHARGE_POINTS = "/admin/chargepoints/chargepoint/"


@pytest.fixture(autouse=True)
def nobody_has_failed_yet(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(sign_in, "failures", MinuteCounts())


@pytest.fixture
def anna(db: None) -> User:
    user = User.objects.create_user("anna", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    return user


@pytest.fixture
def device(anna: User) -> TOTPDevice:
    """Set up already."""
    found: TOTPDevice = TOTPDevice.objects.create(user=anna, name="phone", confirmed=True)
    return found


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    """What the authenticator shows, or showed so many steps before."""
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06}"


def wrong(device: TOTPDevice) -> str:
    near = {code_of(device, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222") if code not in near)


def signed_in(name: str = "anna") -> Client:
    client = Client()
    answer = client.post("/admin/login/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_who_has_set_nothing_up_signs_in_with_the_password(anna: User) -> None:
    assert signed_in().get(CHARGE_POINTS).status_code == 200


def test_no_page_is_shown_before_the_code(anna: User, device: TOTPDevice) -> None:
    client = signed_in()
    for page in (CHARGE_POINTS, "/admin/", OWN, f"/admin/auth/user/{anna.pk}/password/"):
        answer = client.get(page)
        assert answer.status_code == 302 and answer["Location"].startswith(CODE)
    posted = client.post("/admin/chargepoints/chargepoint/bulk/", {})
    assert posted["Location"].startswith(CODE)
    answer = client.post(f"{CODE}?next={CHARGE_POINTS}", {"code": code_of(device)})
    assert (answer.status_code, answer["Location"]) == (302, CHARGE_POINTS)
    assert client.get(CHARGE_POINTS).status_code == 200


def test_no_file_is_fetched_before_the_code(
    anna: User, device: TOTPDevice, charge_point: ChargePoint
) -> None:
    upload = Upload.objects.create(
        charge_point=charge_point,
        kind=Upload.Kind.DIAGNOSTICS,
        expires_at=timezone.now(),
        received_at=timezone.now(),
    )
    answer = signed_in().get(f"/files/received/{upload.pk}")
    assert answer.status_code == 302 and "login" in answer["Location"]


def test_a_wrong_code_opens_nothing(anna: User, device: TOTPDevice) -> None:
    client = signed_in()
    page = client.post(CODE, {"code": wrong(device)}).content.decode()
    assert "The code is wrong" in page
    assert client.get(CHARGE_POINTS).status_code == 302


def test_a_code_counts_once(anna: User, device: TOTPDevice) -> None:
    code = code_of(device)
    assert signed_in().post(CODE, {"code": code}).status_code == 302
    assert "was used" in signed_in().post(CODE, {"code": code}).content.decode()


def test_who_guesses_codes_has_to_wait(anna: User, device: TOTPDevice, settings: Settings) -> None:
    settings.OTP_TOTP_THROTTLE_FACTOR = 0
    client = signed_in()
    for _ in range(sign_in.FAILURES_PER_USER):
        client.post(CODE, {"code": wrong(device)})
    page = client.post(CODE, {"code": code_of(device)}).content.decode()
    assert "Wait a minute" in page


def test_after_a_wrong_code_the_next_has_to_wait_a_moment(
    anna: User, device: TOTPDevice, settings: Settings
) -> None:
    # Longer than a busy machine takes for the next request.
    settings.OTP_TOTP_THROTTLE_FACTOR = 60
    client = signed_in()
    client.post(CODE, {"code": wrong(device)})
    assert "too soon" in client.post(CODE, {"code": code_of(device)}).content.decode()


def test_the_way_on_stays_on_this_site(anna: User, device: TOTPDevice) -> None:
    answer = signed_in().post(f"{CODE}?next=//evil.example/", {"code": code_of(device)})
    assert answer["Location"] == "/admin/"


def test_everybody_sets_it_up_for_themselves(anna: User) -> None:
    client, elsewhere = signed_in(), signed_in()
    assert "Begin" in client.get(OWN).content.decode()
    page = client.post(OWN, {"begin": "1"}, follow=True).content.decode()
    device = TOTPDevice.objects.get()
    assert "<svg" in page and not device.confirmed
    assert signed_in().get(CHARGE_POINTS).status_code == 200  # it does not count yet
    assert "The code is wrong" in client.post(OWN, {"code": wrong(device)}).content.decode()
    device.throttle_reset()
    page = client.post(OWN, {"code": code_of(device)}, follow=True).content.decode()
    assert "Turn it off" in page and "<svg width" not in page
    assert client.get(CHARGE_POINTS).status_code == 200
    assert "login" in elsewhere.get(CHARGE_POINTS)["Location"]
    assert signed_in().get(CHARGE_POINTS)["Location"].startswith(CODE)
    said = LogEntry.objects.latest("id").get_change_message()
    assert said == "Two-step sign-in set up."


def test_it_is_turned_off_with_a_code(anna: User, device: TOTPDevice) -> None:
    client = signed_in()
    client.post(CODE, {"code": code_of(device, -1)})
    assert "This field is required" in client.post(OWN, {"code": ""}).content.decode()
    assert client.post(OWN, {"code": code_of(device)}).status_code == 302
    assert not TOTPDevice.objects.exists()
    assert signed_in().get(CHARGE_POINTS).status_code == 200


def test_a_superuser_resets_it_and_ends_the_sessions(
    admin_client: Client, anna: User, device: TOTPDevice
) -> None:
    client = signed_in()
    client.post(CODE, {"code": code_of(device)})
    page = admin_client.get(f"{LIST}{anna.pk}/change/").content.decode()
    assert "Reset it" in page
    admin_client.post(f"{LIST}{anna.pk}/two-steps/reset/")
    assert not TOTPDevice.objects.exists()
    assert "login" in client.get(CHARGE_POINTS)["Location"]
    assert signed_in().get(CHARGE_POINTS).status_code == 200
    assert admin_client.get(LIST).status_code == 200
    said = LogEntry.objects.latest("id").get_change_message()
    assert said == "Two-step sign-in reset."


@pytest.mark.parametrize("role", ["viewer", "operator", "engineer", "administrator"])
def test_nobody_but_a_superuser_resets_it(
    as_role: AsRole, anna: User, device: TOTPDevice, role: str
) -> None:
    client = as_role(role)
    assert client.post(f"{LIST}{anna.pk}/two-steps/reset/").status_code == 403
    assert TOTPDevice.objects.exists()


def test_whoever_runs_the_gateway_resets_it(anna: User, device: TOTPDevice) -> None:
    call_command("reset_two_step", "anna")
    assert signed_in().get(CHARGE_POINTS).status_code == 200
    with pytest.raises(CommandError, match="has not set up"):
        call_command("reset_two_step", "anna")
    with pytest.raises(CommandError, match="no user"):
        call_command("reset_two_step", "nobody")


def test_keys_of_devices_stand_on_no_page(admin_client: Client, device: TOTPDevice) -> None:
    for page in (LIST, f"{LIST}{device.user.pk}/change/"):
        assert device.key not in admin_client.get(page).content.decode()
    assert admin_client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_where_it_is_required_who_commands_sets_it_up_first(
    as_role: AsRole, anna: User, settings: Settings
) -> None:
    settings.TOTP_REQUIRED = True
    assert as_role("viewer").get(CHARGE_POINTS).status_code == 200
    client = signed_in()
    for page in (CHARGE_POINTS, "/admin/"):
        assert client.get(page)["Location"].startswith(OWN)
    client.post(OWN, {"begin": "1"})
    client.post(OWN, {"code": code_of(TOTPDevice.objects.get())})
    assert client.get(CHARGE_POINTS).status_code == 200
    page = client.get(OWN).content.decode()
    assert "cannot be turned off" in page
    client.post(OWN, {"code": code_of(TOTPDevice.objects.get(), 1)})
    assert TOTPDevice.objects.exists()


def test_who_owes_a_code_can_sign_out(anna: User, device: TOTPDevice) -> None:
    client = signed_in()
    assert client.post("/admin/logout/").status_code in (200, 302)
    assert "login" in client.get(CHARGE_POINTS)["Location"]
