"""The pages of two-step sign-in: enter a code, set it up, turn it off, or reset it."""

from base64 import b32encode
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp.plugins.otp_totp.models import TOTPDevice

from chargepoints.admin import second_factor, sign_in

TEMPLATES = "admin/chargepoints/two_step"


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=10,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def __init__(self, request: HttpRequest, device: TOTPDevice | None) -> None:
        super().__init__(request.POST if "code" in request.POST else None)
        self.request, self.device = request, device

    def clean_code(self) -> str:
        """Counted together with wrong passwords, so that guessing takes long."""
        code = str(self.cleaned_data["code"]).replace(" ", "")
        user: Any = self.request.user
        with sign_in.counted(self.request, user.get_username().lower()):
            if self.device is None or not second_factor.takes(self.device, code):
                raise ValidationError(
                    "The code is wrong, was used, or comes too soon after a wrong one."
                )
        return code


def give_code(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The second step: after the password, the user proves that they have the device."""
    user: Any = request.user
    form = CodeForm(request, second_factor.device_of(user))
    following = request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        second_factor.is_done(request)
        if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
            following = reverse("admin:index")
        return HttpResponseRedirect(following)
    return _page(model_admin, request, "code", form=form)


def own(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Users set up their own second factor, or turn it off."""
    user: Any = request.user
    device = second_factor.device_of(user)
    if device is not None:
        return _turn_off(model_admin, request, device)
    begun = second_factor.device_of(user, confirmed=False)
    if request.method == "POST" and "begin" in request.POST:
        second_factor.new_device(user)
        return HttpResponseRedirect(request.get_full_path())
    form = CodeForm(request, begun)
    if request.method == "POST" and begun is not None and form.is_valid():
        second_factor.confirm(request, begun)
        model_admin.log_change(request, user, "Two-step sign-in set up.")
        messages.success(request, "From now on you sign in with your password and a code.")
        return HttpResponseRedirect(reverse("admin:auth_user_two_step"))
    shown = {"begun": begun, "key": b32encode(begun.bin_key).decode() if begun else ""}
    required = settings.TOTP_REQUIRED and second_factor.may_command(user)
    return _page(model_admin, request, "set_up", form=form, required=required, **shown)


def reset(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the lost device of a user, and end their sessions; for superusers."""
    user = get_object_or_404(User, pk=pk)
    if request.method != "POST" or not request.user.is_superuser:
        raise PermissionDenied
    if second_factor.remove(user):
        second_factor.end_sessions(user, but=request.session.session_key)
        model_admin.log_change(request, user, "Two-step sign-in reset.")
        messages.success(request, f"{user} signs in with the password alone, until set up again.")
    return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))


def _turn_off(model_admin: Any, request: HttpRequest, device: TOTPDevice) -> HttpResponse:
    required = settings.TOTP_REQUIRED and second_factor.may_command(request.user)
    form = CodeForm(request, device)
    if request.method == "POST" and not required and form.is_valid():
        second_factor.remove(device.user)
        model_admin.log_change(request, device.user, "Two-step sign-in turned off.")
        messages.success(request, "You sign in with your password alone.")
        return HttpResponseRedirect(reverse("admin:auth_user_two_step"))
    return _page(model_admin, request, "on", form=form, device=device, required=required)


def _page(model_admin: Any, request: HttpRequest, name: str, **shown: Any) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Two-step sign-in",
        **shown,
    }
    return TemplateResponse(request, f"{TEMPLATES}/{name}.html", context)
