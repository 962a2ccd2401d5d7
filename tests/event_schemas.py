"""Every event that the tests' gateways emit is what the OpenAPI document says of its type."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from django.db.models import Max

from chargepoints.api.event_schemas import COMPONENTS, schema_name
from chargepoints.api.pages import document
from chargepoints.models import Event
from chargepoints.services.history.event_feed import event_body

MOST_SHOWN = 5


@cache
def components() -> Any:
    """Those of the document; here no event may have a field that they do not name."""
    found = deepcopy(orjson.loads(document())["components"])
    for name in COMPONENTS:
        schema = found["schemas"][name]
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


@cache
def _validator(type: str) -> Any:
    reference = {"$ref": f"#/components/schemas/{schema_name(type)}"}
    return jsonschema_rs.Draft202012Validator(
        {**reference, "components": components()}, validate_formats=True
    )


def faults(event: Event) -> list[str]:
    """Where an event is not what the document says of its type."""
    body = event_body(event)
    # It gets its place when somebody reads the feed.
    body["position"] = body["position"] or 0
    found = _validator(event.type).iter_errors(body)
    return [f"{event.type}{each.instance_path}: {each.message}" for each in found]


@contextmanager
def held_true() -> Iterator[None]:
    """Fails where an event was emitted meanwhile that its schema does not describe."""
    before = Event.objects.aggregate(last=Max("id"))["last"] or 0
    yield
    emitted = Event.objects.filter(id__gt=before).select_related("charge_point")
    wrong = sorted({fault for event in emitted.iterator() for fault in faults(event)})
    assert not wrong, wrong[:MOST_SHOWN]
