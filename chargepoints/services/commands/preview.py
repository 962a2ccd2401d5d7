"""Previews a command to many charge points: composes its requests without sending them."""

import json
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from chargepoints import clock, url_secrets
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command, Transaction
from chargepoints.protocol.versions import OcppVersion
from chargepoints.services.commands import composing, submission
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import CommandRefused

# Warnings cost queries for each charge point, so only the first ones are checked.
LOOKED_AT = 25


@dataclass(frozen=True, slots=True)
class Frame:
    """The request to `example`, without secrets; `count` charge points get the same."""

    version: str
    example: ChargePoint
    count: int
    action: str
    payload: dict[str, Any]

    @property
    def text(self) -> str:
        """The CALL frame; its message id is a placeholder, because sending creates it."""
        payload = json.dumps(self.payload, indent=2, ensure_ascii=False)
        return f'[2, "(message id)", "{self.action}", {payload}]'


@dataclass(frozen=True, slots=True)
class Refusal:
    """`count` charge points cannot get the command, for the same reason."""

    detail: str
    example: ChargePoint
    count: int


@dataclass(slots=True)
class Preview:
    frames: list[Frame] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    # Charge points that never connected: their version is unknown.
    of_no_version: int = 0
    # Warning -> the number of charge points among the first LOOKED_AT that it is about.
    cautions: dict[str, int] = field(default_factory=dict)
    open_transactions: int = 0

    @property
    def taken(self) -> int:
        return sum(frame.count for frame in self.frames) + self.of_no_version


def of(charge_points: Sequence[ChargePoint], type: str, args: dict[str, Any]) -> Preview:
    """Preview a command whose `args` match the type. Nothing is sent or stored."""
    preview = Preview()
    by_version: dict[str, list[ChargePoint]] = {}
    versions: dict[str, OcppVersion] = {}
    reasons: dict[str, list[ChargePoint]] = {}
    for charge_point in charge_points:
        try:
            submission.check_target(charge_point, type, args, None)
        except CommandRefused as refused:
            detail = refused.detail.removeprefix(f"{charge_point.identity} ")
            reasons.setdefault(detail, []).append(charge_point)
            continue
        version = submission.version_of(charge_point)
        if version is None:
            preview.of_no_version += 1
        else:
            versions[version.name] = version
            by_version.setdefault(version.name, []).append(charge_point)
    for name, those in sorted(by_version.items()):
        try:
            preview.frames.append(_frame(those, versions[name], type, args))
        except CommandRefused as refused:
            reasons.setdefault(f"OCPP {name}: {refused.detail}", []).extend(those)
    preview.refused = [
        Refusal(detail, those[0], len(those)) for detail, those in sorted(reasons.items())
    ]
    preview.cautions = _cautions(charge_points, type, args)
    preview.open_transactions = Transaction.objects.filter(
        charge_point__in=charge_points, ended_at=None
    ).count()
    return preview


def _frame(
    charge_points: Sequence[ChargePoint], version: OcppVersion, type: str, args: dict[str, Any]
) -> Frame:
    """Compose the request for the first of these, which share a version. Raises CommandRefused."""
    example = ChargePoint.objects.get(pk=charge_points[0].pk)
    action, payload = _composed(example, version, type, args)
    shown = url_secrets.hidden(version.redacted_request(action, payload))
    shown = version.redacted_for_trace(action, shown)
    return Frame(version.name, example, len(charge_points), action, shown)


def _composed(
    charge_point: ChargePoint, version: OcppVersion, type: str, args: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Compose in a transaction that is rolled back, because composing writes numbers and links."""
    with transaction.atomic():
        command = Command(
            charge_point=charge_point,
            type=type,
            # A copy, because composing may add to the arguments, for instance an id.
            args=deepcopy(args),
            expires_at=clock.now(),
        )
        command.save(force_insert=True)
        try:
            return composing.compose(UnitOfWork(), version, command)
        finally:
            transaction.set_rollback(True)


def _cautions(
    charge_points: Sequence[ChargePoint], type: str, args: dict[str, Any]
) -> dict[str, int]:
    kind = COMMAND_TYPES[type]
    counted: Counter[str] = Counter()
    looked_at = [charge_point.pk for charge_point in charge_points[:LOOKED_AT]]
    for charge_point in ChargePoint.objects.filter(pk__in=looked_at):
        counted.update(set(kind.cautions(charge_point, args)))
    return dict(counted.most_common())
