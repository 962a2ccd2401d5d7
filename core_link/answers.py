"""What core's answers must look like; whatever else they hold is left alone."""

from typing import Any

import jsonschema_rs

from chargepoints.models import AuthorizationStatus, Registration

_TEXT = {"type": ["string", "null"]}


def _answer(required: dict[str, Any], optional: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": list(required),
            "properties": {**required, **optional},
        },
        validate_formats=True,
    )


AUTHORIZE = _answer(
    {"status": {"enum": AuthorizationStatus.values}},
    {
        "group_id_token": {"type": ["string", "null"], "maxLength": 255},
        "expires_at": {"type": ["string", "null"], "format": "date-time"},
        "cache_ttl_s": {"type": ["number", "null"], "minimum": 0},
        "personal_message": {"type": ["string", "null"], "maxLength": 512},
    },
)
BOOT = _answer(
    {"status": {"enum": Registration.values}},
    {"interval_s": {"type": ["integer", "null"], "minimum": 1, "maximum": 86400}},
)
DATA_TRANSFER = _answer(
    {"status": {"enum": ["accepted", "rejected", "unknown_message_id", "unknown_vendor_id"]}},
    {"data": {}},
)
_CERTIFICATE_STATUS = {"status": {"enum": ["accepted", "rejected", "failed"]}}
SIGN_CERTIFICATE = _answer(_CERTIFICATE_STATUS, {"certificate_chain": _TEXT})
ISO15118_CERTIFICATE = _answer(_CERTIFICATE_STATUS, {"exi_response": _TEXT})
CERTIFICATE_STATUS = _answer(_CERTIFICATE_STATUS, {"ocsp_result": _TEXT})
