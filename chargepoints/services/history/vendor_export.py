"""What the vendor of a charger needs to see of a span of time, as one ZIP file.

`trace.jsonl` holds the frames as they went over the socket, without secrets, as `trace_export`
writes them: `manage.py replay` plays it. `summary.txt` is for people: what happened, and which
clauses of the specification were broken.
"""

import json
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

import orjson
from django.utils import timezone

from chargepoints.clock import api_time
from chargepoints.models import ChargePoint, Variable
from chargepoints.services.history import oddities, story, trace_export, verdict
from chargepoints.services.history.story import Span

MOST_LINES = 100_000
# The file of the frames.
TRACE = "trace.jsonl"


def write(charge_point: ChargePoint, span: Span, file: IO[bytes]) -> None:
    """Write the ZIP file; all times in it are in UTC."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(TRACE, "w", force_zip64=True) as trace:
            lines = trace_export.lines(charge_point, span.begin, span.end)
            for line in islice(lines, MOST_LINES):
                trace.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        archive.writestr("charger.json", _pretty(_about(charge_point)))
        with timezone.override("UTC"):
            archive.writestr("summary.txt", "\n".join(_summary(charge_point, span)) + "\n")


def _about(charge_point: ChargePoint) -> dict[str, Any]:
    variables = Variable.objects.filter(charge_point=charge_point).order_by("pk")
    return {
        "identity": charge_point.identity,
        "protocol": charge_point.protocol,
        "vendor": charge_point.vendor,
        "model": charge_point.model,
        "serial_number": charge_point.serial_number,
        "firmware": charge_point.firmware_version,
        "quirks": charge_point.quirks,
        "configuration": {row.key: row.reported for row in variables.iterator()},
    }


def _summary(charge_point: ChargePoint, span: Span) -> Iterator[str]:
    about = (charge_point.vendor, charge_point.model, charge_point.firmware_version)
    yield f"{charge_point.identity}: {' '.join(filter(None, about))}, {charge_point.protocol}"
    yield f"From {api_time(span.begin)} to {api_time(span.end)}. All times are in UTC."
    yield ""
    for each in verdict.of(charge_point, span):
        yield f"{each.reason}: {each.proof}"
    yield ""
    yield "WHAT DID NOT FOLLOW THE SPECIFICATION"
    yield from _broken(charge_point, span)
    yield ""
    yield "WHAT HAPPENED"
    for line in story.tell(charge_point, span):
        yield f"{line.at:%Y-%m-%d %H:%M:%S}  {line.text}"


def _broken(charge_point: ChargePoint, span: Span) -> Iterator[str]:
    odd = oddities.of(charge_point, span)
    if not odd.found:
        yield "Nothing was noted."
        return
    for each in odd.found:
        times = "once" if each.times == 1 else f"{each.times} times"
        yield f"{times} {each.what}" + (f" ({each.clause})" if each.clause else "")
    if odd.others:
        alike = len(odd.alike)
        yield f"{alike} of {odd.others} other charge points of this model and firmware do the same."


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
