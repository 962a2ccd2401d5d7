"""Staff: users and their roles, and the log of what they did in the admin."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from chargepoints.admin import second_factor, two_step_pages
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.own_pages import own_page
from chargepoints.admin.row_page import RowPage
from chargepoints.admin.time_range import KeyTimeRange
from chargepoints.roles import ROLES, VIEWER

admin.site.unregister(User)
admin.site.unregister(Group)
# It would show the keys of devices; users set up their own, and superusers reset them.
admin.site.unregister(TOTPDevice)


class ColleagueForm(UserCreationForm):
    """One form creates a colleague, who may sign in at once and has a role."""

    role = forms.ChoiceField(
        choices=[(role, role) for role in ROLES],
        initial=VIEWER,
        widget=UnfoldAdminSelectWidget,
        help_text="A viewer can only read; each of the other roles allows more.",
    )

    def save(self, commit: bool = True) -> User:
        self.instance.is_staff = True
        user: User = super().save(commit)
        return user


@admin.register(User)
class UserAdmin(RowPage, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = ColleagueForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        *("username", "first_name", "last_name", "is_active", "is_staff", "roles"),
        "two_steps",
    )
    change_form_outer_before_template = "admin/chargepoints/two_step/of_user.html"
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    # Permissions come from roles only.
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "role", "usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers create superusers; otherwise administrators could promote themselves."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An administrator cannot change the password of a superuser."""
        return _within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _within_reach(request, obj) and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return db_field.formfield(label="Roles", **{"required": False, **kwargs})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            form.instance.groups.set([Group.objects.get(name=form.cleaned_data["role"])])

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request).annotate(has_device=Exists(devices))
        return rows

    @admin.display(description="two steps", boolean=True)
    def two_steps(self, row: User) -> bool:
        return bool(getattr(row, "has_device", False))

    def shown_with(self, request: HttpRequest, row: User) -> dict[str, Any]:
        return {
            "two_step_of": second_factor.device_of(row),
            "may_reset": request.user.is_superuser,
        }

    def get_urls(self) -> list[URLPattern]:
        page = partial(own_page, self)
        reset = page(two_step_pages.reset)
        return [
            path("code/", page(two_step_pages.give_code), name="auth_user_code"),
            path("two-steps/", page(two_step_pages.own), name="auth_user_two_step"),
            path("<int:pk>/two-steps/reset/", reset, name="auth_user_two_step_reset"),
            *super().get_urls(),
        ]

    @admin.display(description="roles")
    def roles(self, row: User) -> str:
        return ", ".join(group.name for group in row.groups.all()) or "-"


def _within_reach(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    filter_horizontal = ()


@admin.register(LogEntry)
class LogEntryAdmin(HistoryAdmin):
    list_display = ("action_time", "user", "content_type", "object_repr", "said")
    list_select_related = ("user", "content_type")
    list_filter = (("action_time", KeyTimeRange), "action_flag")
    search_fields = ("=user__username", "object_repr")
    ordering = ("-id",)

    @admin.display(description="what")
    def said(self, row: LogEntry) -> str:
        return row.get_change_message() or row.get_action_flag_display()
