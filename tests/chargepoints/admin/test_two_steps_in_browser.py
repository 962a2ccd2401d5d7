"""Setting up an authenticator, and signing in with it, in a real browser."""

import asyncio

import pytest
from django.contrib.auth.models import User
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.chargepoints.admin.browser import PASSWORD, Staff, logged_in, staff

__all__ = ["logged_in", "staff"]

pytestmark = pytest.mark.services


async def test_somebody_sets_it_up_and_signs_in_with_a_code(
    logged_in: Staff, identity: str
) -> None:
    own = f"{logged_in.address}/admin/auth/user/two-steps/"

    def code() -> str:
        """Each counts once: here the one before counts no more."""
        TOTPDevice.objects.update(last_t=-1)
        return f"{TOTP(TOTPDevice.objects.get(user__username=identity).bin_key).token():06}"

    def set_up() -> None:
        logged_in.browser.get(own)
        logged_in.press("Begin")
        logged_in.find("figure svg")
        logged_in.keep("two-steps-set-up")

    def confirm(shown: str) -> None:
        logged_in.find("[name=code]").send_keys(shown)
        logged_in.press("Set it up")
        logged_in.sees(".cp-panel", "Turn it off")
        logged_in.keep("two-steps-on")
        logged_in.browser.delete_all_cookies()
        logged_in.browser.get(f"{logged_in.address}/admin/")
        logged_in.find("[name=username]").send_keys(identity)
        logged_in.find("[name=password]").send_keys(PASSWORD)
        logged_in.click("[type=submit]")
        logged_in.sees(".cp-panel", "Your password is correct")
        logged_in.keep("two-steps-code")

    def sign_in(shown: str) -> None:
        logged_in.find("[name=code]").send_keys(shown)
        logged_in.press("Continue")
        logged_in.find(".cp-cards")

    await asyncio.to_thread(set_up)
    await asyncio.to_thread(confirm, code())
    await asyncio.to_thread(sign_in, code())
    assert await asyncio.to_thread(logged_in.complaints) == []
    user = User.objects.get(username=identity)
    await asyncio.to_thread(
        logged_in.browser.get, f"{logged_in.address}/admin/auth/user/{user.pk}/change/"
    )
    await asyncio.to_thread(logged_in.keep, "two-steps-of-a-user")
