"""The requests to core, for the `webhooks` of the OpenAPI document.

Paths are below CORE_URL. The schemas of core's answers are the ones that are checked (`answers`).
"""

from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from core_link import answers

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TEXT_OR_NULL: Json = {"type": ["string", "null"]}
NUMBER_OR_NULL: Json = {"type": ["integer", "null"]}
TIME: Json = {"type": "string", "format": "date-time"}
TOKEN: Json = {
    "type": "object",
    "required": ["value", "type"],
    "properties": {"value": TEXT, "type": TEXT},
}
VEHICLE: Json = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {"id": TEXT, "type": {"enum": ["evccid", "vin"]}},
}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _header(name: str, description: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


def _decision(path: str, summary: str, description: str, **question: Json) -> OpenApiWebhook:
    """A question with a deadline, at `path` below CORE_URL."""
    body = _object(
        request_id={"type": "string", "format": "uuid"},
        deadline_ms={"type": "integer", "description": "a later answer is ignored"},
        charge_point=TEXT,
        external_id=TEXT,
        **question,
    )
    operation = {
        "operationId": "ask_core" + path.replace("/", "_").replace("-", "_"),
        "tags": ["core: decisions"],
        "summary": summary,
        "description": f"`POST {{CORE_URL}}{path}`. {description}".strip(),
        "security": [{"core_token": []}],
        "parameters": [
            _header("X-Request-Id", "The `request_id` of the body."),
            _header("traceparent", "W3C trace context."),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "Any other answer, or a late one, counts as unreachable.",
                "content": {"application/json": {"schema": answers.SCHEMAS[path]}},
            }
        },
    }
    return OpenApiWebhook(path.strip("/"), {"post": operation})


AUTHORIZE = _decision(
    "/authorize",
    "May this token charge?",
    "Any `status` but `accepted` refuses it. `cache_ttl_s` is how long the answer may be cached.",
    evse_id=NUMBER_OR_NULL,
    connector_id=NUMBER_OR_NULL,
    id_token=TOKEN,
    vehicle={"anyOf": [VEHICLE, {"type": "null"}]},
    context={"enum": ["authorize", "start", "stop"]},
    transaction_id=TEXT_OR_NULL,
    occurred_at=TIME,
    offline={
        "type": "boolean",
        "description": "it already happened, while the charge point was offline",
    },
    certificate_hashes={"type": ["array", "null"], "items": {"type": "object"}},
    policy_decided={
        "type": ["string", "null"],
        "description": "set if core is asked afterwards: the status that the policy decided",
    },
)
BOOT = _decision(
    "/boot",
    "May this charge point join?",
    "Optional: with 404, or without a core, the registration in the gateway decides.",
    vendor=TEXT,
    model=TEXT,
    serial=TEXT,
    firmware=TEXT,
    reason=TEXT,
)
DATA_TRANSFER = _decision(
    "/data-transfer",
    "Answer a vendor's own message",
    "",
    vendor_id=TEXT,
    message_id=TEXT_OR_NULL,
    data={},
)
SIGN_CERTIFICATE = _decision(
    "/certificates/sign",
    "Sign a charge point's certificate",
    "`certificate_chain` is PEM, the new certificate first.",
    csr=TEXT,
    use=TEXT,
)
ISO15118_CERTIFICATE = _decision(
    "/certificates/iso15118",
    "Install or update a vehicle's contract certificate",
    "EXI in base64, as received from and sent to the vehicle.",
    exi_request=TEXT,
    action=TEXT,
    schema_version=TEXT,
)
CERTIFICATE_STATUS = _decision(
    "/certificates/status",
    "Is this certificate revoked?",
    "`ocsp_result` is the DER of the OCSP response in base64.",
    ocsp_request_data={"type": "object"},
)
VAT_NUMBER = _decision(
    "/payments/vat-number",
    "Which company has this VAT number?",
    "`company` receives the invoice. Optional: without an answer the number counts as invalid.",
    evse_id=NUMBER_OR_NULL,
    vat_number=TEXT,
)
RECEIPT = _decision(
    "/payments/receipt",
    "Where is the receipt of this payment?",
    "Optional: if the payment terminal provides none. The settlement is also sent as an event.",
    transaction_id=TEXT_OR_NULL,
    psp_ref=TEXT,
    status={"enum": ["Settled", "Canceled", "Rejected", "Failed"]},
    amount={"type": "number"},
    settled_at=TIME,
)

EVENTS = OpenApiWebhook(
    "events",
    {
        "post": {
            "operationId": "tell_core_events",
            "tags": ["core: events"],
            "summary": "Receive events",
            "description": (
                "At least once, in the order of `sequence` for each charge point, signed by "
                "Standard Webhooks. A delivery that is not acknowledged is repeated with the same "
                "`webhook-id`; 410 ends the delivery to this endpoint."
            ),
            "security": [],
            "parameters": [
                _header("webhook-id", "The `delivery_id`, constant over all attempts."),
                _header("webhook-timestamp", "Seconds since 1970, of this attempt."),
                _header("webhook-signature", "`v1,` and an HMAC-SHA256; one for each secret."),
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": _object(
                            delivery_id=TEXT,
                            backlog={"type": "integer", "description": "events waiting behind"},
                            events={
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Event"},
                            },
                        )
                    }
                },
            },
            "responses": {
                "2XX": {
                    "description": "Accepted; with a body, up to the position in it.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"acked_through": NUMBER_OR_NULL},
                            }
                        }
                    },
                },
                "410": {"description": "This endpoint wants no more events."},
                "default": {"description": "Tried again later; `Retry-After` is honoured."},
            },
        }
    },
)
