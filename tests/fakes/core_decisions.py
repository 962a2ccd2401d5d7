"""How the fake core decides, and what it insists on in a question."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.core_certificates import CertificateAuthority

Answer = dict[str, Any]

STATUSES = ("accepted", "blocked", "expired", "invalid", "concurrent_tx", "no_credit")

REQUIRED_FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "/authorize": {
        "request_id": str,
        "deadline_ms": int,
        "charge_point": str,
        "id_token": dict,
        "context": str,
        "occurred_at": str,
        "offline": bool,
    },
    "/boot": {"charge_point": str, "vendor": str, "model": str},
    "/data-transfer": {"charge_point": str, "vendor_id": str},
    "/certificates/sign": {"charge_point": str, "csr": str},
    "/certificates/iso15118": {"charge_point": str, "exi_request": str},
    "/certificates/status": {"charge_point": str, "ocsp_request_data": dict},
    "/payments/vat-number": {"charge_point": str, "vat_number": str},
    "/payments/receipt": {"charge_point": str, "psp_ref": str, "status": str},
    "/events": {"delivery_id": str, "backlog": int, "events": list},
}
EVENT_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "position": int,
    "type": str,
    "charge_point": str,
    "sequence": int,
    "occurred_at": str,
    "received_at": str,
    "time_quality": str,
    "backfill": bool,
    "deviations": list,
    "data": dict,
    "ocpp": (dict, type(None)),
}


class BrokenContractError(Exception):
    """The gateway's request is not what the contract says."""


def check_request(path: str, request: Any) -> None:
    """Raise `BrokenContractError` with every field that is missing or of a wrong type."""
    faults = _faults(request, REQUIRED_FIELDS[path])
    if not faults and path == "/authorize":
        faults = _faults(request["id_token"], {"value": str, "type": str})
        if request["context"] not in {"authorize", "start", "stop"}:
            faults.append(f"context: {request['context']!r}")
    if not faults and path == "/events":
        faults = [fault for event in request["events"] for fault in _faults(event, EVENT_FIELDS)]
    if faults:
        raise BrokenContractError("; ".join(faults))


def _faults(value: Any, required: dict[str, type | tuple[type, ...]]) -> list[str]:
    if not isinstance(value, dict):
        return [f"no JSON object: {value!r}"]
    missing = [f"{name}: missing" for name in required if name not in value]
    odd = [
        f"{name}: {value[name]!r}"
        for name, kind in required.items()
        if name in value and not isinstance(value[name], kind)
    ]
    return missing + odd


def demo_tokens() -> dict[str, Answer]:
    """`BLOCKED1`, `EXPIRED1`, ... and one with a group; any other token is accepted."""
    table: dict[str, Answer] = {
        status.upper().replace("_", "") + "1": {"status": status} for status in STATUSES[1:]
    }
    table["GROUPED1"] = {"status": "accepted", "group_id_token": "DEPOT-GROUP"}
    return table


@dataclass
class Decisions:
    """The tables behind the answers; tests change them as they like.

    `tokens` maps a token's value to its answer (`status`, `group_id_token`, `expires_at`,
    `cache_ttl_s`, `personal_message`), `boots` an identity to its answer (`status`,
    `interval_s`), `vendors` a vendor id to the answer to its DataTransfer.
    """

    tokens: dict[str, Answer] = field(default_factory=demo_tokens)
    unknown_token: Answer = field(default_factory=lambda: {"status": "accepted"})
    boots: dict[str, Answer] = field(default_factory=dict)
    unknown_boot: Answer = field(default_factory=lambda: {"status": "accepted", "interval_s": 60})
    vendors: dict[str, Answer] = field(default_factory=dict)
    companies: dict[str, Answer] = field(default_factory=dict)
    authority: CertificateAuthority = field(default_factory=CertificateAuthority)

    def decide(self, path: str, request: Answer) -> Answer:
        """The answer to a request that `check_request` has let pass."""
        match path:
            case "/authorize":
                return self._authorize(request)
            case "/boot":
                return self.boots.get(request["charge_point"], self.unknown_boot)
            case "/data-transfer":
                # To accept what nobody understands fails certification (case 064 of 1.6).
                unknown = {"status": "unknown_vendor_id", "data": None}
                return self.vendors.get(request["vendor_id"], unknown)
            case "/payments/vat-number":
                return self.companies.get(request["vat_number"], {"status": "rejected"})
            case "/payments/receipt":
                return {"receipt_url": f"https://core.example/{request['psp_ref']}"}
            case _:
                return self._certificates(path, request)

    def _certificates(self, path: str, request: Answer) -> Answer:
        if path == "/certificates/sign":
            return self.authority.sign(request["csr"])
        if path == "/certificates/status":
            return self.authority.ocsp_status(request["ocsp_request_data"])
        # The EXI stream is opaque to everyone but car and provider: any bytes will do.
        return {"status": "accepted", "exi_response": request["exi_request"]}

    def _authorize(self, request: Answer) -> Answer:
        # OCPP: identifiers of tokens are case insensitive.
        value = request["id_token"]["value"].casefold()
        known = {name.casefold(): answer for name, answer in self.tokens.items()}
        answer = {"group_id_token": None, "expires_at": None, "personal_message": None}
        return answer | {"cache_ttl_s": 300} | known.get(value, self.unknown_token)
