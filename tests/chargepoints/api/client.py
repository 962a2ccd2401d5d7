"""A client of the API as core would write one, and the rows it finds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from chargepoints.models import ApiKey, ChargePoint, Connection, Message, MeterValue, Transaction
from chargepoints.services.stations import registry

ADMIN, OPERATE, READ = ApiKey.Scope.ADMIN, ApiKey.Scope.OPERATE, ApiKey.Scope.READ
MORNING = datetime(2026, 11, 22, 8, tzinfo=UTC)


class ApiClient:
    """`client.get("/charge-points")`; paths are below /api/v1 unless they are whole URLs."""

    def __init__(self, scope: str = ADMIN, name: str = "core") -> None:
        self.key, secret = ApiKey.issue(name, scope)
        self.headers = {"Authorization": f"Bearer {secret}"}
        self._client = Client()

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        url = path if path.startswith("http") else f"/api/v1{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content: dict[str, Any] = {}
        if body is not None:
            content = {"data": body, "content_type": "application/json"}
        send = getattr(self._client, method)
        return send(url, headers=self.headers | named, **content)

    def get(self, path: str, **headers: str) -> Any:
        return self.request("get", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.request("post", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.request("put", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.request("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("delete", path, **headers)


def register(identity: str = "DEPOT-7", **fields: Any) -> ChargePoint:
    return registry.register(identity, **fields)


def connect(charge_point: ChargePoint, protocol: str = "ocpp1.6") -> Connection:
    """As the gateway does it when a charger's socket is admitted."""
    connection = Connection.objects.create(
        charge_point=charge_point, protocol=protocol, remote_address="10.0.0.7", path="/ocpp/X"
    )
    charge_point.connection, charge_point.protocol = connection, protocol
    charge_point.last_seen_at = timezone.now()
    charge_point.save()
    return connection


def begin(charge_point: ChargePoint, number: int, **fields: Any) -> Transaction:
    values: dict[str, Any] = {
        "transaction_id": str(number),
        "evse_id": 1,
        "id_token": "04A1B2",
        "started_at": MORNING + timedelta(hours=number),
        "meter_start_wh": 1000.0,
    }
    return Transaction.objects.create(charge_point=charge_point, **(values | fields))


def measure(transaction: Transaction, minute: int, **fields: Any) -> MeterValue:
    at = MORNING + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "evse_id": 1,
        "sampled_at": at,
        "received_at": at,
        "key": minute,
        "energy_wh": 1000.0 + minute,
        "samples": [{"value": str(1000 + minute)}],
    }
    return MeterValue.objects.create(
        charge_point=transaction.charge_point, transaction=transaction, **(values | fields)
    )


def trace(charge_point: ChargePoint, action: str) -> Message:
    return Message.objects.create(
        charge_point=charge_point,
        direction=Message.Direction.FROM_CHARGER,
        action=action,
        message_id="1",
        request=f'[2,"1","{action}",{{}}]',
        reply='[3,"1",{}]',
        outcome=Message.Outcome.RESULT,
        started_at=MORNING,
        duration_ms=1.5,
    )
