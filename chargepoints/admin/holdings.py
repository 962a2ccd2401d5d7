"""What a charge point has and has done, in tabs: short tables, with links to all rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from chargepoints.admin import files, live, reservations
from chargepoints.models import (
    ChargePoint,
    Credential,
    FirmwareUpdate,
    InstalledCertificate,
    LocalList,
    LocalListEntry,
    Reservation,
    SecurityEvent,
    SeenTls,
    Upload,
)
from chargepoints.templatetags import badges, charging

TEMPLATE = "admin/chargepoints/chargepoint/holdings.html"
SHOWN = 50
Cells = Iterable[object]


@dataclass(frozen=True, slots=True)
class Section:
    """One table. `all_of`: the model whose list has all rows; only users who may see that model see
    the table.

    Each row is the URL of its page, if it has one, and its cells, each with the name of its column;
    the first cell links to the page.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, list[tuple[str, object]]]]
    empty: str
    all_of: type[Model] | None = None
    cut: bool = False


def local_list(charge_point: ChargePoint) -> list[Section]:
    known = LocalList.objects.filter(charge_point=charge_point).first()
    version = _facts(
        "Local list",
        (
            ("Version it accepted last", known.version if known else "none was sent"),
            ("Version it reported", _version(known)),
            ("Changed", charging.moment(known.updated_at) if known else ""),
        ),
    )
    entries = LocalListEntry.objects.filter(local_list=known) if known else None
    table = _table(
        "Entries",
        ("Token", "Type", "Status", "Group", "Expires"),
        entries,
        lambda row: (
            row.token,
            row.type,
            row.get_status_display(),
            row.group_id_token,
            charging.moment(row.expires_at),
        ),
        "No entry is known. The command Send local list sends one.",
        LocalList,
    )
    return [version, table]


def reserved(charge_point: ChargePoint) -> list[Section]:
    rows = Reservation.objects.filter(charge_point=charge_point)
    return [
        _table(
            "Reservations",
            ("Number", "EVSE", "State", "Token", "Asked for", "Expires"),
            rows,
            lambda row: (
                row.reservation_id,
                row.evse_id or "any",
                badges.badge(
                    row.get_state_display(), reservations.TONES.get(row.state, badges.PLAIN)
                ),
                row.token,
                charging.moment(row.created_at),
                charging.moment(row.expires_at),
            ),
            "There is no reservation.",
            Reservation,
        )
    ]


def transferred(charge_point: ChargePoint) -> list[Section]:
    """Downloads of firmware, and uploads of its files."""
    updates = FirmwareUpdate.objects.filter(charge_point=charge_point).select_related("firmware")
    uploads = Upload.objects.filter(charge_point=charge_point).defer("location")
    return [
        _table(
            "Firmware updates",
            ("Requested", "Firmware", "Status", "Since", "Finished"),
            updates,
            lambda row: (
                charging.moment(row.created_at),
                row.firmware or "on another server",
                row.status,
                charging.moment(row.status_at),
                charging.moment(row.finished_at),
            ),
            "No firmware update was requested.",
            FirmwareUpdate,
        ),
        _table(
            "Uploads",
            ("Requested", "What", "Status", "File", "Size", "Received"),
            uploads,
            lambda row: (
                charging.moment(row.created_at),
                row.get_kind_display(),
                row.status,
                files.link(row),
                "" if row.size is None else filesizeformat(row.size),
                charging.moment(row.received_at),
            ),
            "No file was requested.",
            Upload,
        ),
    ]


def certificates(charge_point: ChargePoint) -> list[Section]:
    rows = InstalledCertificate.objects.filter(charge_point=charge_point)
    return [
        _table(
            "Certificates",
            ("Use", "Serial number", "Hash of the issuer's key", "Hash", "Listed"),
            rows,
            lambda row: (
                row.use,
                row.serial_number,
                row.issuer_key_hash,
                row.hash_algorithm,
                charging.moment(row.read_at),
            ),
            "It has reported none. The command Get installed certificates requests them.",
            InstalledCertificate,
        )
    ]


def security(charge_point: ChargePoint) -> list[Section]:
    """How it authenticates, its keys, and its security events."""
    following = charge_point.next_security_profile
    profile = _facts(
        "Security",
        (
            ("Security profile", charge_point.security_profile),
            (
                "Next security profile, accepted but not used yet",
                "" if following is None else following,
            ),
            ("User name must be the identity", "yes" if charge_point.check_user_name else "no"),
            ("Client certificate expires", charging.moment(charge_point.certificate_expires_at)),
        ),
    )
    keys = _table(
        "Keys, of which only the hashes are stored",
        ("Created", "First used", "Hashed with the current pepper"),
        Credential.objects.filter(charge_point=charge_point),
        lambda row: (
            charging.moment(row.created_at),
            charging.moment(row.used_at),
            "yes" if row.pepper == Credential.name_of_pepper() else "no",
        ),
        "It has no key.",
    )
    events = _table(
        "Security events",
        ("Occurred", "What", "Details", "Received"),
        SecurityEvent.objects.filter(charge_point=charge_point),
        lambda row: (
            charging.moment(row.occurred_at),
            row.type,
            row.tech_info,
            charging.moment(row.received_at),
        ),
        "It has reported none.",
        SecurityEvent,
    )
    return [profile, _facts("TLS", _tls(charge_point), SeenTls), keys, events]


def _tls(charge_point: ChargePoint) -> list[tuple[str, object]]:
    """Facts of its last TLS handshake, as far as the proxy reports them."""
    seen = SeenTls.objects.filter(charge_point=charge_point).first()
    if seen is None:
        return [("Last connection", "none with TLS")]
    certificate = " ".join(filter(None, (seen.certificate_subject, seen.certificate_serial)))
    return [
        ("As seen last", " ".join(filter(None, (seen.version, seen.suite)))),
        ("Seen", charging.moment(seen.at)),
        ("Client certificate", certificate),
        ("Client certificate expires", charging.moment(seen.certificate_expires_at)),
    ]


TABS: dict[str, Callable[[ChargePoint], list[Section]]] = {
    "local_list": local_list,
    "reservations": reserved,
    "files": transferred,
    "certificates": certificates,
    "security": security,
}


def page(model_admin: Any, request: HttpRequest, pk: int, tab: str) -> HttpResponse:
    charge_point = live.find(model_admin, request, pk)
    sections = [each for each in TABS[tab](charge_point) if _may_see(request, each)]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"{charge_point.identity}: {tab.replace('_', ' ')}",
        "charge_point": charge_point,
        "original": charge_point,
        "may_change": model_admin.has_change_permission(request, charge_point),
        "tab": tab,
        "sections": [(each, _url_of_all(each, charge_point)) for each in sections],
    }
    return TemplateResponse(request, TEMPLATE, context)


def _may_see(request: HttpRequest, section: Section) -> bool:
    if section.all_of is None:
        return True
    return request.user.has_perm(f"chargepoints.view_{section.all_of._meta.model_name}")


def _url_of_all(section: Section, charge_point: ChargePoint) -> str:
    if section.all_of is None:
        return ""
    name = f"admin:chargepoints_{section.all_of._meta.model_name}_changelist"
    return reverse(name, query={"charge_point__id__exact": charge_point.pk})


def _facts(
    title: str, facts: Iterable[tuple[str, object]], all_of: type[Model] | None = None
) -> Section:
    rows: list[tuple[str, list[tuple[str, object]]]] = [
        ("", [("", name), ("", value)]) for name, value in facts
    ]
    return Section(title, (), rows, "", all_of)


def _table(
    title: str,
    columns: tuple[str, ...],
    rows: QuerySet[Any] | None,
    cells: Callable[[Any], Cells],
    empty: str,
    all_of: type[Model] | None = None,
) -> Section:
    found = list(rows[: SHOWN + 1]) if rows is not None else []
    shown = [(_url_of(row), list(zip(columns, cells(row), strict=True))) for row in found[:SHOWN]]
    return Section(title, columns, shown, empty, all_of, cut=len(found) > SHOWN)


def _url_of(row: Model) -> str:
    if isinstance(row, Credential | LocalListEntry):
        return ""
    return reverse(f"admin:chargepoints_{row._meta.model_name}_change", args=[row.pk])


def _version(known: LocalList | None) -> object:
    if known is None or known.reported_version is None:
        return ""
    agreed = known.reported_version == known.version
    badge = badges.badge(known.reported_version, badges.GOOD if agreed else badges.WARN)
    return format_html("{} {}", badge, charging.age(known.reported_at))
