"""JSON schemas of core's answers; unknown fields are ignored."""

from typing import Any

import jsonschema_rs

from chargepoints.models import AuthorizationStatus, Registration
from chargepoints.services.tokens.authorization import CERTIFICATE_STATUSES

_TEXT = {"type": ["string", "null"]}

# By path; published in the OpenAPI document.
SCHEMAS: dict[str, dict[str, Any]] = {}


def _answer(
    path: str, required: dict[str, Any], optional: dict[str, Any]
) -> jsonschema_rs.Validator:
    SCHEMAS[path] = {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
    }
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.validator_for({**dialect, **SCHEMAS[path]}, validate_formats=True)


AUTHORIZE = _answer(
    "/authorize",
    {"status": {"enum": AuthorizationStatus.values}},
    {
        "group_id_token": {"type": ["string", "null"], "maxLength": 255},
        "expires_at": {"type": ["string", "null"], "format": "date-time"},
        "cache_ttl_s": {"type": ["number", "null"], "minimum": 0},
        "personal_message": _TEXT,
        "languages": {
            "type": ["array", "null"],
            "items": {"type": "string", "minLength": 1, "maxLength": 8},
            "uniqueItems": True,
            "maxItems": 2,
        },
        "evse_ids": {
            "type": ["array", "null"],
            "items": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        },
        "charging_priority": {"type": ["integer", "null"], "minimum": -9, "maximum": 9},
        "certificate_status": {"enum": [*CERTIFICATE_STATUSES, None]},
        "limits": {
            "type": ["object", "null"],
            "properties": {
                "energy_wh": {"type": "number", "exclusiveMinimum": 0},
                "time_s": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
                "cost": {"type": "number", "minimum": 0},
                "soc": {"type": "integer", "minimum": 1, "maximum": 100},
            },
            "additionalProperties": False,
        },
        "tariff": {
            "type": ["object", "null"],
            "required": ["tariffId", "currency"],
            "properties": {"tariffId": {}, "currency": {}},
        },
        "energy_transfer": {"type": ["array", "null"], "items": {"type": "string"}},
    },
)
BOOT = _answer(
    "/boot",
    {"status": {"enum": Registration.values}},
    {"interval_s": {"type": ["integer", "null"], "minimum": 1, "maximum": 86400}},
)
DATA_TRANSFER = _answer(
    "/data-transfer",
    {"status": {"enum": ["accepted", "rejected", "unknown_message_id", "unknown_vendor_id"]}},
    {"data": {}},
)
_CERTIFICATE_STATUS = {"status": {"enum": ["accepted", "rejected", "failed"]}}
SIGN_CERTIFICATE = _answer("/certificates/sign", _CERTIFICATE_STATUS, {"certificate_chain": _TEXT})
ISO15118_CERTIFICATE = _answer(
    "/certificates/iso15118", _CERTIFICATE_STATUS, {"exi_response": _TEXT}
)
VAT_NUMBER = _answer(
    "/payments/vat-number",
    {"status": {"enum": ["accepted", "rejected"]}},
    {
        "company": {
            "type": ["object", "null"],
            "required": ["name", "address1", "city", "country"],
            "properties": {
                "name": {"type": "string", "maxLength": 50},
                "address1": {"type": "string", "maxLength": 100},
                "address2": {"type": ["string", "null"], "maxLength": 100},
                "city": {"type": "string", "maxLength": 100},
                "postal_code": {"type": ["string", "null"], "maxLength": 20},
                "country": {"type": "string", "maxLength": 50},
            },
        }
    },
)
RECEIPT = _answer(
    "/payments/receipt",
    {},
    {
        "receipt_url": {"type": ["string", "null"], "maxLength": 2000},
        "receipt_id": {"type": ["string", "null"], "maxLength": 50},
    },
)
CERTIFICATE_STATUS = _answer("/certificates/status", _CERTIFICATE_STATUS, {"ocsp_result": _TEXT})
