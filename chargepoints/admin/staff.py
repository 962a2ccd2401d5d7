"""Staff: users and their roles, and the log of what they did in the admin."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from chargepoints.admin.history import HistoryAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "roles")
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")

    @admin.display(description="roles")
    def roles(self, row: User) -> str:
        return ", ".join(group.name for group in row.groups.all()) or "-"


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(LogEntry)
class LogEntryAdmin(HistoryAdmin):
    list_display = ("action_time", "user", "content_type", "object_repr", "said")
    list_select_related = ("user", "content_type")
    list_filter = ("action_flag",)
    search_fields = ("=user__username", "object_repr")
    ordering = ("-id",)

    @admin.display(description="what")
    def said(self, row: LogEntry) -> str:
        return row.get_change_message() or row.get_action_flag_display()
