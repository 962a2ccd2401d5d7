"""Roll-outs: the progress of each wave, and failures; with pause, resume and cancel."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.admin import command_types, reasons
from chargepoints.admin.history import HistoryAdmin
from chargepoints.admin.json_values import json_block
from chargepoints.admin.row_page import RowPage
from chargepoints.models import RollOut, RollOutTarget, Transaction
from chargepoints.services.commands import redaction, roll_outs
from chargepoints.services.commands.roll_outs import MOST_AT_ONCE, Care
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.history.story import spoken
from chargepoints.templatetags import badges, charging

SHOWN_TARGETS = 100
TargetState = RollOutTarget.State
STEPS: dict[str, Callable[[RollOut], RollOut]] = {
    "pause": roll_outs.pause,
    "resume": roll_outs.resume,
    "cancel": roll_outs.cancel,
}
TONES: dict[str, str] = {
    RollOut.State.RUNNING: badges.BUSY,
    RollOut.State.PAUSED: badges.WARN,
    RollOut.State.HALTED: badges.BAD,
    RollOut.State.CANCELLED: badges.PLAIN,
    RollOut.State.FINISHED: badges.GOOD,
}
HOUR_S, MINUTE_S = 3600, 60


class CareForm(forms.Form):
    """How carefully a roll-out proceeds; the result is a `Care`."""

    waves = forms.CharField(
        label="Waves",
        required=False,
        initial=", ".join(roll_outs.USUAL_WAVES),
        widget=UnfoldAdminTextInputWidget,
        help_text="Numbers of charge points, or shares of all. All others are the last wave.",
    )
    halt_after = forms.IntegerField(
        label="Halt after this number of failures",
        min_value=1,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    at_once = forms.IntegerField(
        label="Charge points at a time",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=20,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    during = forms.ChoiceField(
        label="While a vehicle charges",
        choices=[("wait", "wait until the transaction ends"), ("send", "send it anyway")],
        widget=UnfoldAdminSelectWidget,
    )
    wait_hours = forms.IntegerField(
        label="Hours to wait for a charge point that is offline or charging",
        min_value=1,
        max_value=2160,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="After that it is skipped.",
    )
    back_minutes = forms.IntegerField(
        label="Minutes within which a charge point has to be online again",
        min_value=1,
        max_value=10_080,
        initial=15,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Otherwise it counts as a failure.",
    )

    def clean_waves(self) -> list[str]:
        waves = [wave.strip() for wave in self.cleaned_data["waves"].split(",") if wave.strip()]
        if len(waves) > 20 or not all(roll_outs.WAVE.fullmatch(wave) for wave in waves):
            raise forms.ValidationError("Write it such as: 1, 10%")
        return waves

    def care(self) -> Care:
        asked = self.cleaned_data
        return Care(
            waves=asked["waves"],
            halt_after=asked["halt_after"],
            at_once=asked["at_once"],
            during_transactions=asked["during"] == "send",
            wait_s=asked["wait_hours"] * HOUR_S,
            back_within_s=asked["back_minutes"] * MINUTE_S,
        )


@admin.register(RollOut)
class RollOutAdmin(RowPage, HistoryAdmin):
    list_display = ("created", "type", "asked_of", "state_badge", "at_wave", "requested_by")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("=type", "requested_by")
    search_help_text = "exact type, or requester"
    change_form_outer_before_template = "admin/chargepoints/roll_out/progress.html"
    polled = True
    fields = (
        "type",
        "arguments",
        "requested_by",
        "why",
        "created_at",
        "halt_after",
        "at_once",
        "during_transactions",
        "waits_for",
        "back_within",
        "finished_at",
    )
    readonly_fields = ("arguments", "why", "waits_for", "back_within")

    @admin.display(description="created")
    def created(self, row: RollOut) -> str:
        return charging.moment(row.created_at)

    @admin.display(description="charge points")
    def asked_of(self, row: RollOut) -> int:
        return sum(row.wave_sizes)

    @admin.display(description="state")
    def state_badge(self, row: RollOut) -> SafeString:
        return badges.badge(row.state, TONES[row.state], row.halted_because)

    @admin.display(description="wave")
    def at_wave(self, row: RollOut) -> str:
        return f"{row.wave + 1} of {len(row.wave_sizes)}"

    @admin.display(description="arguments")
    def arguments(self, row: RollOut) -> SafeString:
        return json_block(redaction.shown_args(row.type, row.args))

    @admin.display(description="why")
    def why(self, row: RollOut) -> str:
        return reasons.of(row) or "-"

    @admin.display(description="waits at most")
    def waits_for(self, row: RollOut) -> str:
        patience = spoken(timedelta(seconds=row.wait_s))
        return f"{patience} for a charge point that is offline or charging; then it is skipped"

    @admin.display(description="back within")
    def back_within(self, row: RollOut) -> str:
        patience = spoken(timedelta(seconds=row.back_within_s))
        return f"a charge point has to be online again {patience} after its command"

    def get_urls(self) -> list[URLPattern]:
        take = require_POST(self.admin_site.admin_view(self.take_step))
        return [
            path("<uuid:pk>/step/<str:step>/", take, name="chargepoints_rollout_step"),
            *super().get_urls(),
        ]

    def take_step(self, request: HttpRequest, pk: Any, step: str) -> HttpResponse:
        """Pause, resume or cancel; allowed to users who may begin such a roll-out."""
        roll_out = get_object_or_404(RollOut, pk=pk)
        if step not in STEPS or not command_types.may_send(request.user, roll_out.type):
            raise PermissionDenied
        try:
            roll_out = STEPS[step](roll_out)
        except CommandRefused as refused:
            messages.error(request, f"{capfirst(refused.detail)}.")
        else:
            self.log_change(request, roll_out, f"{step.capitalize()}.")
            messages.success(request, f"The roll-out is {roll_out.state}.")
        return HttpResponseRedirect(url_of(roll_out))

    def shown_with(self, request: HttpRequest, row: RollOut) -> dict[str, Any]:
        return {**_progress(row), "may_steer": command_types.may_send(request.user, row.type)}


def url_of(roll_out: RollOut) -> str:
    return reverse("admin:chargepoints_rollout_change", args=[roll_out.pk])


def _progress(roll_out: RollOut) -> dict[str, Any]:
    waves = roll_outs.progress(roll_out)
    return {
        "roll_out": roll_out,
        "tone": TONES[roll_out.state],
        "waves": [(wave, _shares(wave), _in_words(wave)) for wave in waves],
        "bad_count": sum(
            wave.counts[state] for wave in waves for state in (TargetState.FAILED, "skipped")
        ),
        "bad": _targets(roll_out, TargetState.FAILED, TargetState.SKIPPED),
        "busy": _targets(roll_out, TargetState.UNDER_WAY),
        "waits": _waits(roll_out),
        "now": timezone.now(),
    }


def _waits(roll_out: RollOut) -> str:
    """What the present wave waits for before it sends more."""
    if roll_out.state != RollOut.State.RUNNING:
        return ""
    rows = roll_out.targets.filter(wave=roll_out.wave, state=TargetState.WAITING)
    online = rows.filter(charge_point__connection__isnull=False)
    running = Transaction.objects.filter(charge_point=OuterRef("charge_point"), ended_at=None)
    counts = {"offline": rows.filter(charge_point__connection=None).count()}
    if not roll_out.during_transactions:
        counts["charging"] = online.filter(Exists(running)).count()
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _targets(roll_out: RollOut, *states: str) -> QuerySet[RollOutTarget]:
    rows = roll_out.targets.filter(state__in=states).select_related("charge_point", "command")
    return rows.order_by("pk")[:SHOWN_TARGETS]


def _in_words(wave: roll_outs.Wave) -> str:
    counts = ((TargetState(state).label.lower(), count) for state, count in wave.counts.items())
    return ", ".join(f"{count} {label}" for label, count in counts if count)


def _shares(wave: roll_outs.Wave) -> list[tuple[str, int, float, float]]:
    """Each state that occurs: its name, its count, and the start and length of its bar."""
    shares, begins = [], 0.0
    for state in (TargetState.WELL, TargetState.FAILED, TargetState.SKIPPED, TargetState.UNDER_WAY):
        share = 100 * wave.counts[state] / wave.size
        if share:
            shares.append((str(state), wave.counts[state], round(begins, 2), round(share, 2)))
        begins += share
    return shares
