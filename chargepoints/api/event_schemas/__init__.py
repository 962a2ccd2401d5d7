"""Events in the OpenAPI document: one schema for each type, distinguished by `type`.

The tests keep them true: they check every event of their gateways by its schema.
"""

from typing import Any

from chargepoints.api.event_schemas import charge_points, commands, transactions
from chargepoints.api.event_schemas.words import Json, reference
from chargepoints.event_types import EventType

DATA: dict[str, str] = charge_points.DATA | commands.DATA | transactions.DATA
COMPONENTS: dict[str, Json] = (
    charge_points.COMPONENTS | commands.COMPONENTS | transactions.COMPONENTS
)


def schema_name(type: EventType | str) -> str:
    """`transaction.started` is a TransactionStartedEvent."""
    return "".join(word.capitalize() for word in type.replace(".", "_").split("_")) + "Event"


def add_event_types(result: Json, **context: Any) -> Json:
    """A postprocessing hook: `Event` becomes one of its types, each with its own `data`."""
    schemas = result["components"]["schemas"]
    schemas |= COMPONENTS
    envelope = schemas["Event"]
    for type, data in DATA.items():
        schemas[schema_name(type)] = {
            **envelope,
            "description": f"`{type}`. {envelope['description']}",
            "properties": envelope["properties"]
            | {"type": {"type": "string", "const": type}, "data": reference(data)},
        }
    names = {type: reference(schema_name(type)) for type in sorted(DATA)}
    schemas["Event"] = {
        "oneOf": list(names.values()),
        "discriminator": {
            "propertyName": "type",
            "mapping": {type: name["$ref"] for type, name in names.items()},
        },
    }
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
