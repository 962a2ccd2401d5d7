"""The reason of a command, which staff enter in its form: kept in the admin log."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest

FIELD = "why"
LONGEST = 200
BEGINS = "Why: "


def given(request: HttpRequest) -> str:
    return request.POST.get(FIELD, "").strip()[:LONGEST]


def note(request: HttpRequest, row: Model) -> None:
    """Log the reason of this command, batch or roll-out once, if there is one."""
    if (why := given(request)) and not of(row):
        page = admin.site.get_model_admin(type(row))
        page.log_change(request, row, f"{BEGINS}{why}")


def of(row: Model) -> str:
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        change_message__startswith=BEGINS,
    )
    message = entries.values_list("change_message", flat=True).first() or ""
    return message.removeprefix(BEGINS)
