"""The admin's name, colours and sidebar."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils import timezone


def _permitted(permission: str) -> Any:
    return lambda request: request.user.has_perm(permission)


def _page(title: str, icon: str, model: str) -> dict[str, Any]:
    """A link to a model's list, for those who may see it; `model` is `app.name`."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _permitted(f"{app}.view_{name}"),
    }


def _subheader(request: HttpRequest) -> str:
    return f"Times in {timezone.get_current_timezone_name()}"


def _is_list_of_charge_points(request: HttpRequest) -> bool:
    """Includes the pages of a charge point, but not pages with their own sidebar entry."""
    here = request.path.startswith(str(reverse_lazy("admin:chargepoints_chargepoint_changelist")))
    apart = ("health", "token_story", "availabilities", "retention")
    pages = [str(reverse_lazy(f"admin:chargepoints_chargepoint_{name}")) for name in apart]
    return here and request.path not in pages


def _stylesheet(request: HttpRequest) -> str:
    return static("chargepoints/admin.css")


def _script(request: HttpRequest) -> str:
    return static("connect_site/admin.js")


def _favicon(request: HttpRequest) -> str:
    return static("chargepoints/favicon.svg")


SETTINGS = {
    "SITE_TITLE": "Connect",
    "SITE_HEADER": "Connect",
    "SITE_SUBHEADER": _subheader,
    "ACCOUNT": {
        "navigation": [
            {"title": "Times", "link": reverse_lazy("admin:chargepoints_site_my_times")},
            {"title": "Two-step sign-in", "link": reverse_lazy("admin:auth_user_two_step")},
        ],
    },
    "SITE_SYMBOL": "ev_station",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [_stylesheet],
    "SCRIPTS": [_script],
    "DASHBOARD_CALLBACK": "core_link.admin.dashboard.figures",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 182)",
            "100": "oklch(95.3% .051 181)",
            "200": "oklch(91% .096 181)",
            "300": "oklch(85.5% .138 182)",
            "400": "oklch(77.7% .152 182)",
            "500": "oklch(70.4% .14 183)",
            "600": "oklch(50.5% .1 185)",
            "700": "oklch(46% .09 186)",
            "800": "oklch(41% .075 188)",
            "900": "oklch(36% .06 189)",
            "950": "oklch(27% .046 193)",
        },
    },
    "SIDEBAR": {
        "show_search": _permitted("chargepoints.view_chargepoint"),
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {
                        "title": "Dashboard",
                        "icon": "dashboard",
                        "link": reverse_lazy("admin:index"),
                    },
                    {
                        **_page("Charge points", "ev_station", "chargepoints.chargepoint"),
                        "active": _is_list_of_charge_points,
                    },
                    _page("Transactions", "bolt", "chargepoints.transaction"),
                    {
                        "title": "Story of a token",
                        "icon": "manage_search",
                        "link": reverse_lazy("admin:chargepoints_chargepoint_token_story"),
                        "permission": _permitted("chargepoints.view_chargepoint"),
                    },
                    _page("Commands", "send", "chargepoints.command"),
                    _page("Command batches", "checklist", "chargepoints.commandbatch"),
                    _page("Roll-outs", "waves", "chargepoints.rollout"),
                    {
                        "title": "Health",
                        "icon": "health_metrics",
                        "link": reverse_lazy("admin:chargepoints_chargepoint_health"),
                        "permission": _permitted("chargepoints.view_chargepoint"),
                    },
                    {
                        "title": "Availability",
                        "icon": "event_repeat",
                        "link": reverse_lazy("admin:chargepoints_chargepoint_availabilities"),
                        "permission": _permitted("chargepoints.view_chargepoint"),
                    },
                    _page("Maintenance", "construction", "chargepoints.maintenancewindow"),
                    _page("Reservations", "event_available", "chargepoints.reservation"),
                    _page("Refused handshakes", "block", "chargepoints.handshakerefusal"),
                ],
            },
            {
                "title": "History",
                "collapsible": True,
                "items": [
                    _page("Messages", "swap_horiz", "chargepoints.message"),
                    _page("Meter values", "speed", "chargepoints.metervalue"),
                    _page("Events", "history", "chargepoints.event"),
                    _page("Token decisions", "how_to_reg", "chargepoints.tokendecision"),
                    _page("Status changes", "timeline", "chargepoints.statuschange"),
                    _page("Connections", "cable", "chargepoints.connection"),
                    _page("Monitoring events", "notifications", "chargepoints.monitoringevent"),
                    _page("Security events", "shield", "chargepoints.securityevent"),
                    {
                        "title": "Retention",
                        "icon": "auto_delete",
                        "link": reverse_lazy("admin:chargepoints_chargepoint_retention"),
                        "permission": _permitted("chargepoints.view_chargepoint"),
                    },
                ],
            },
            {
                "title": "Equipment",
                "collapsible": True,
                "items": [
                    _page("Sites", "location_on", "chargepoints.site"),
                    _page("Connectors", "power", "chargepoints.connector"),
                    _page("Device model", "tune", "chargepoints.variable"),
                    _page("Configuration templates", "rule", "chargepoints.configurationtemplate"),
                    _page("Charging profiles", "bar_chart", "chargepoints.chargingprofile"),
                    _page("Quirk profiles", "bug_report", "chargepoints.quirkprofile"),
                    _page("Tariffs", "payments", "chargepoints.tariff"),
                    _page("DER controls", "electric_meter", "chargepoints.dercontrol"),
                    _page("Local lists", "list_alt", "chargepoints.locallist"),
                    _page("Monitors", "monitor_heart", "chargepoints.monitor"),
                    _page("Event streams", "stream", "chargepoints.eventstream"),
                    _page("Display messages", "chat", "chargepoints.displaymessage"),
                    _page("Certificates", "verified_user", "chargepoints.installedcertificate"),
                    {
                        "title": "Certificate watch",
                        "icon": "shield_lock",
                        "link": reverse_lazy("admin:chargepoints_seentls_watch"),
                        "permission": _permitted("chargepoints.view_seentls"),
                    },
                    _page("Firmware files", "memory", "chargepoints.firmwarefile"),
                    _page("Firmware updates", "system_update", "chargepoints.firmwareupdate"),
                    _page("Uploads", "upload_file", "chargepoints.upload"),
                ],
            },
            {
                "title": "Core",
                "collapsible": True,
                "items": [
                    _page("Endpoints", "webhook", "core_link.endpoint"),
                    _page("Deliveries", "outbox", "core_link.delivery"),
                    _page("Dead letters", "report", "core_link.deadletter"),
                    _page("Mirrors", "call_split", "chargepoints.mirror"),
                ],
            },
            {
                "title": "Access",
                "collapsible": True,
                "items": [
                    _page("ID tokens", "badge", "chargepoints.idtoken"),
                    _page("API keys", "key", "chargepoints.apikey"),
                    _page("Users", "person", "auth.user"),
                    _page("Roles", "group", "auth.group"),
                    _page("Log of the admin", "fact_check", "admin.logentry"),
                    _page("Server processes", "dns", "chargepoints.serverprocess"),
                ],
            },
        ],
    },
}
