"""The page that shows people what the fake core received lately."""

import json
from dataclasses import asdict
from html import escape
from typing import Any

from tests.fakes.core_faults import Faults
from tests.fakes.core_journal import Journal

ROWS = 50

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Fake core</title>
<style>
  body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1e293b; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
            border-bottom: 1px solid #e2e8f0; }}
  td {{ font-variant-numeric: tabular-nums; }}
  code {{ font-size: 12px; word-break: break-all; }}
</style>
<h1>Fake core</h1>
<p>It plays the platform behind the gateway: {decided} decisions, {received} events.
Faults: {faults}.</p>
<h2>Events, the newest first</h2>
<table><tr><th>Occurred<th>Charge point<th>#<th>Type<th>Data</tr>{events}</table>
<h2>Decisions, the newest first</h2>
<table><tr><th>Asked<th>Question<th>Charge point<th>HTTP<th>Answer</tr>{decisions}</table>
"""


def render(journal: Journal, faults: Faults) -> str:
    """The page as HTML; all that was received is escaped."""
    events = journal.events
    decisions = journal.decisions
    active = [
        ", ".join(f"{name}={value}" for name, value in asdict(fault).items() if value)
        for fault in faults.active()
    ]
    return PAGE.format(
        decided=len(decisions),
        received=len(events),
        faults=escape("; ".join(active) or "none"),
        events="".join(
            _row(
                event["occurred_at"],
                event["charge_point"],
                event["sequence"],
                event["type"],
                event["data"],
            )
            for event in reversed(events[-ROWS:])
        ),
        decisions="".join(
            _row(
                each.at,
                each.path,
                (each.request or {}).get("charge_point"),
                each.status,
                each.response,
            )
            for each in reversed(decisions[-ROWS:])
        ),
    )


def _row(*cells: Any) -> str:
    return "<tr>" + "".join(f"<td>{_cell(cell)}" for cell in cells) + "</tr>"


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"<code>{escape(json.dumps(value))}</code>"
    return escape("" if value is None else str(value))
