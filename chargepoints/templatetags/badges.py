"""Small coloured words for states, the same on every page."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chargepoints.models import (
    ChargePoint,
    Command,
    Connector,
    Event,
    Message,
    Registration,
    Status,
)
from chargepoints.services.history import meanings
from chargepoints.services.history.meanings import Meaning
from chargepoints.services.history.oddities import in_words

register = template.Library()

GOOD, BUSY, WARN, BAD, PLAIN = "good", "busy", "warn", "bad", "plain"

_TONES: dict[str, str] = {
    Status.AVAILABLE: GOOD,
    Status.OCCUPIED: BUSY,
    Status.RESERVED: WARN,
    Status.FAULTED: BAD,
    Registration.ACCEPTED: GOOD,
    Registration.PENDING: WARN,
    Registration.REJECTED: BAD,
}
_COMMAND_TONES: dict[str, str] = {
    Command.State.QUEUED: WARN,
    Command.State.SENT: BUSY,
    Command.State.ACCEPTED: GOOD,
    Command.State.EFFECT_CONFIRMED: GOOD,
    Command.State.REJECTED: BAD,
    Command.State.CALLERROR: BAD,
    Command.State.TIMEOUT: BAD,
    Command.State.NO_EFFECT: BAD,
}
_OUTCOME_TONES: dict[str, str] = {
    Message.Outcome.ERROR: BAD,
    Message.Outcome.TIMEOUT: BAD,
    Message.Outcome.NONE: WARN,
}


@register.simple_tag
def badge(text: object, tone: str = PLAIN, title: object = "") -> SafeString:
    return format_html('<span class="cp-badge cp-{}" title="{}">{}</span>', tone, title or "", text)


@register.filter("online_badge")
def online(charge_point: ChargePoint) -> SafeString:
    if charge_point.connection_id is not None:
        return badge("online", GOOD)
    if charge_point.last_seen_at is None:
        return badge("never seen", PLAIN, "It has never been connected.")
    return badge("offline", BAD)


@register.filter("registration_badge")
def registration(value: str) -> SafeString:
    return badge(value, _TONES.get(value, PLAIN))


@register.filter("status_badge")
def status(value: str, text: str = "") -> SafeString:
    return badge(text or value, _TONES.get(value, PLAIN))


@register.filter("connector_badge")
def connector(row: Connector, label: str = "") -> SafeString:
    """The connector's status; what the charger said of it is in the title."""
    return badge(f"{label} {row.status}".strip(), _TONES.get(row.status, PLAIN), _said(row))


@register.filter("last_status_badge")
def last_status(row: Connector, label: str = "") -> SafeString:
    """The last status of a connector whose charge point is offline, without a colour."""
    return badge(f"{label} {row.status}".strip(), PLAIN, f"{_said(row)} when it was last online")


def _said(row: Connector) -> str:
    return " · ".join(text for text in (row.ocpp_status, error_of(row)) if text)


@register.filter
def error_of(row: Connector) -> str:
    """What the charger said is wrong with a connector; empty where nothing is."""
    said = (error_code(row.error_code), row.vendor_error_code, row.info.strip())
    return " · ".join(text for text in said if text)


def error_code(code: str) -> str:
    """Empty for NoError, with which OCPP 1.6 says that there is no error."""
    return "" if code == "NoError" else code


@register.filter("command_badge")
def command_state(value: str) -> SafeString:
    return badge(value.replace("_", " "), _COMMAND_TONES.get(value, PLAIN))


def _meaning(message: Message) -> Meaning:
    """The meaning of a message that was read in full, or with `request_head` and `reply_head`."""
    request = getattr(message, "request_head", None) or message.request
    reply = getattr(message, "reply_head", None)
    return meanings.of_message(request, message.reply if reply is None else reply)


@register.filter("says")
def says(message: Message) -> SafeString:
    """One line that says what the message means."""
    return format_html("<bdi>{}</bdi>", text) if (text := _meaning(message).text) else SafeString()


@register.filter("event_says")
def event_says(event: Event) -> SafeString:
    text = meanings.of_event(event.data) if isinstance(event.data, dict) else ""
    return format_html("<bdi>{}</bdi>", text) if text else SafeString()


@register.filter("outcome_badge")
def outcome(message: Message) -> SafeString:
    """What the answer means: a CALLRESULT that refuses is shown as a refusal."""
    if message.outcome != Message.Outcome.RESULT:
        text = message.error_code or message.get_outcome_display()
        return badge(text, _OUTCOME_TONES.get(message.outcome, PLAIN))
    meaning = _meaning(message)
    return badge(meaning.verdict or "answered", meaning.tone)


@register.filter("deviation_badges")
def deviations(names: list[str]) -> SafeString:
    """One badge for each oddity; none where all was well."""
    return format_html_join(" ", "{}", ((badge(in_words(name), WARN, name),) for name in names))
