"""Local authorization lists: send them in parts, store what the charge point accepted, repair them.

The arguments of a `send_local_list` command contain all its items. Its `result` is {"of": number of
items, "accepted": number of items that the charger has accepted, "sending": number of items in the
last request, "version": of the last request}.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Lower

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command, IdToken, LocalList, LocalListEntry
from chargepoints.protocol.versions import Conclusion, by_status
from chargepoints.services.commands import submission
from chargepoints.services.commands.submission import CommandRefused

FORGOTTEN_BY = "gateway:customer cleared"
REPAIRED_BY = "gateway:local list repair"
LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """`status` None: remove the token."""

    value: str
    type: str
    status: str | None
    group_id_token: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    version: int
    full: bool
    entries: list[Entry]


def next_part(
    command: Command, most: Callable[[list[Entry]], int], key: Callable[[Entry], Hashable]
) -> Part:
    """The next request, with the next version number and as many entries as `most` allows.

    Entries with the same `key` are the same token; a list must not contain a token twice
    (1.6 5.15, 2.0.1 D01.FR.06). Raises CommandRefused.
    """
    _fix_entries(command, key)
    items = _items(command)
    if len({key(entry) for entry in items}) < len(items):
        raise CommandRefused("invalid_args", "a token occurs twice")
    accepted = (command.result or {}).get("accepted", 0)
    part = items[accepted:]
    part = part[: most(part)]
    known, _ = LocalList.objects.get_or_create(charge_point_id=command.charge_point_id)
    version = max(known.version, known.reported_version or 0, 0) + 1
    if accepted == 0:
        version = command.args.get("version", version)
    command.result = {
        "of": len(items),
        "accepted": accepted,
        "sending": len(part),
        "version": version,
    }
    Command.objects.filter(pk=command.pk).update(args=command.args, result=command.result)
    return Part(version, _is_full(command) and accepted == 0, part)


def record_part(unit: UnitOfWork, command: Command, response: dict[str, Any]) -> None:
    """Apply the answer to one SendLocalList to the stored list."""
    status = response["status"]
    if status == "Accepted":
        _accept(command)
    elif status in ("Failed", "VersionMismatch"):
        # 1.6 5.15, 2.0.1 D01.FR.03: the CSMS should send a full list.
        _repair(command)


def _accept(command: Command) -> None:
    """Store the part that the charge point has accepted."""
    progress = command.result or {}
    accepted = progress["accepted"]
    part = _items(command)[accepted : accepted + progress["sending"]]
    full = _is_full(command) and accepted == 0
    store(command.charge_point_id, progress["version"], part, full=full)
    command.result = progress | {"accepted": accepted + progress["sending"], "sending": 0}


def store(charge_point_id: int, version: int, entries: list[Entry], *, full: bool) -> None:
    """Store a list that the charge point has accepted."""
    known, _ = LocalList.objects.get_or_create(charge_point_id=charge_point_id)
    if full:
        known.entries.all().delete()
    for entry in entries:
        _apply(known, entry)
    known.version = known.reported_version = version
    known.updated_at = known.reported_at = clock.now()
    known.save()


def _is_complete(command: Command) -> bool:
    progress = command.result or {}
    return bool(progress.get("accepted") == progress.get("of"))


def conclude_part(command: Command, response: dict[str, Any]) -> Conclusion:
    """Conclude one answer of a command that may need several requests."""
    concluded = by_status(command, response)
    if concluded.state != Command.State.ACCEPTED:
        return concluded
    return concluded if _is_complete(command) else Conclusion(Command.State.QUEUED)


def _repair(command: Command) -> None:
    """Send the full list, once: the charge point may have another list than the stored one."""
    if command.requested_by == REPAIRED_BY:
        return
    if _is_full(command) and not (command.result or {}).get("accepted"):
        return
    charge_point = ChargePoint.objects.get(pk=command.charge_point_id)
    if not charge_point.proactive:
        return
    wanted = LocalList.objects.get(charge_point=charge_point)
    entries = {(row.value.lower(), row.type): _of_row(row) for row in wanted.entries.all()}
    for entry in _items(command)[(command.result or {}).get("accepted", 0) :]:
        entries.pop((entry.value.lower(), entry.type), None)
        if entry.status is not None:
            entries[entry.value.lower(), entry.type] = entry
    args = {"update": "full", "entries": [_as_args(entry) for entry in entries.values()]}
    submission.submit(charge_point, "send_local_list", args, requested_by=REPAIRED_BY)


def forget(charge_point_id: int, value: str, type: str) -> None:
    """The charge point deleted a customer's data: remove the token from its list (N10.FR.02)."""
    entries = LocalListEntry.objects.filter(local_list__charge_point_id=charge_point_id)
    if not entries.alias(lower=Lower("value")).filter(lower=value.lower()).exists():
        return
    submission.submit(
        ChargePoint.objects.get(pk=charge_point_id),
        "send_local_list",
        {"update": "differential", "remove": [{"value": value, "type": type}]},
        requested_by=FORGOTTEN_BY,
    )


def report_version(charge_point_id: int, version: int) -> None:
    """Store the version that the charger reports; None if it is out of range."""
    LocalList.objects.update_or_create(
        charge_point_id=charge_point_id,
        defaults={
            "reported_version": version if -1 <= version <= LARGEST_VERSION else None,
            "reported_at": clock.now(),
        },
    )


def _is_full(command: Command) -> bool:
    return bool(command.args.get("update", "full") == "full")


def _fix_entries(command: Command, key: Callable[[Entry], Hashable]) -> None:
    """Without entries in the command, use the gateway's own tokens."""
    if "entries" in command.args or not _is_full(command):
        return
    own: dict[Hashable, Entry] = {}
    for row in IdToken.objects.filter(source=IdToken.Source.OWN).order_by("id"):
        entry = _of_row(row)
        own.setdefault(key(entry), entry)
    command.args["entries"] = [_as_args(entry) for entry in own.values()]


def _items(command: Command) -> list[Entry]:
    args = command.args
    entries = [_of_args(entry) for entry in args.get("entries") or []]
    removed = [
        Entry(token["value"], token.get("type") or "", None, "", None)
        for token in args.get("remove") or []
    ]
    return entries + removed


def _apply(known: LocalList, entry: Entry) -> None:
    same = known.entries.alias(lower=Lower("value"))
    same.filter(lower=entry.value.lower(), type=entry.type).delete()
    if entry.status is not None:
        LocalListEntry.objects.create(
            local_list=known,
            value=entry.value,
            type=entry.type,
            status=entry.status,
            group_id_token=entry.group_id_token,
            expires_at=entry.expires_at,
        )


def _of_args(entry: dict[str, Any]) -> Entry:
    token = entry["id_token"]
    expires_at = entry.get("expires_at")
    return Entry(
        token["value"],
        token.get("type") or "",
        entry.get("status", "accepted"),
        entry.get("group_id_token", ""),
        datetime.fromisoformat(expires_at) if expires_at else None,
    )


def _of_row(row: IdToken | LocalListEntry) -> Entry:
    return Entry(row.value, row.type, str(row.status), row.group_id_token, row.expires_at)


def _as_args(entry: Entry) -> dict[str, Any]:
    token = {"value": entry.value, "type": entry.type}
    args: dict[str, Any] = {"id_token": token, "status": entry.status}
    if entry.group_id_token:
        args["group_id_token"] = entry.group_id_token
    if entry.expires_at is not None:
        args["expires_at"] = api_time(entry.expires_at)
    return args
