"""The fake core answers as the contract says, and fails as it is told to."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from tests.fakes.core import FakeCore

SECRET = "whsec_" + base64.b64encode(b"a secret of the fake core's own").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"a secret of somebody else here").decode()


@pytest.fixture
def core() -> Iterator[FakeCore]:
    with FakeCore(token="the-token", secrets=[SECRET]) as core:
        yield core


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer the-token"
        yield session


def question(value: str = "04A1B2", **changes: Any) -> dict[str, Any]:
    return {
        "request_id": "r-1",
        "deadline_ms": 3000,
        "charge_point": "CP-1",
        "evse_id": 1,
        "connector_id": 1,
        "id_token": {"value": value, "type": "ISO14443"},
        "context": "authorize",
        "transaction_id": None,
        "occurred_at": "2026-11-22T08:00:00Z",
        "offline": False,
    } | changes


def event(sequence: int, position: int | None = None, charge_point: str = "CP-1") -> dict[str, Any]:
    return {
        "id": f"{charge_point}-{sequence}",
        "position": sequence if position is None else position,
        "type": "connector.status_changed",
        "charge_point": charge_point,
        "external_id": None,
        "sequence": sequence,
        "occurred_at": "2026-11-22T08:00:00Z",
        "received_at": "2026-11-22T08:00:00Z",
        "time_quality": "charger",
        "backfill": False,
        "deviations": [],
        "data": {"status": "<b>available</b>"},
        "ocpp": None,
    }


def deliver(core: FakeCore, *events: dict[str, Any], secret: str = SECRET) -> requests.Response:
    body = json.dumps({"delivery_id": "d-1", "backlog": 0, "events": list(events)})
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "d-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("d-1", at, body),
    }
    return requests.post(core.url + "/events", data=body, headers=headers, timeout=5)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("04A1B2", "accepted"),
        ("BLOCKED1", "blocked"),
        ("blocked1", "blocked"),
        ("EXPIRED1", "expired"),
        ("INVALID1", "invalid"),
        ("CONCURRENTTX1", "concurrent_tx"),
        ("NOCREDIT1", "no_credit"),
    ],
)
def test_a_token_is_accepted_unless_the_table_says_otherwise(
    core: FakeCore, http: requests.Session, value: str, status: str
) -> None:
    answer = http.post(core.url + "/authorize", json=question(value), timeout=5)

    assert answer.status_code == 200
    assert answer.json()["status"] == status


def test_tokens_are_configured_over_http(core: FakeCore, http: requests.Session) -> None:
    table = {"04A1B2": {"status": "no_credit", "group_id_token": "G", "expires_at": None}}
    assert http.post(core.url + "/tokens", json=table, timeout=5).status_code == 204

    answer = http.post(core.url + "/authorize", json=question(), timeout=5).json()

    assert (answer["status"], answer["group_id_token"]) == ("no_credit", "G")


def test_a_question_without_the_bearer_token_is_refused_and_noted(core: FakeCore) -> None:
    answer = requests.post(core.url + "/authorize", json=question(), timeout=5)

    assert answer.status_code == 401
    assert [each.status for each in core.journal.decisions] == [401]


@pytest.mark.parametrize(
    "broken",
    [question(offline="no"), question(context="maybe"), question(id_token={"value": "1"}), []],
)
def test_a_question_that_breaks_the_contract_is_refused(
    core: FakeCore, http: requests.Session, broken: Any
) -> None:
    assert http.post(core.url + "/authorize", json=broken, timeout=5).status_code == 400


def test_a_boot_is_accepted_unless_the_table_says_otherwise(
    core: FakeCore, http: requests.Session
) -> None:
    core.decisions.boots["CP-2"] = {"status": "pending", "interval_s": 7}
    boots = [
        http.post(
            core.url + "/boot",
            json={"charge_point": identity, "vendor": "V", "model": "M"},
            timeout=5,
        ).json()
        for identity in ("CP-1", "CP-2")
    ]

    assert boots == [
        {"status": "accepted", "interval_s": 60},
        {"status": "pending", "interval_s": 7},
    ]


def test_a_data_transfer_is_answered_by_vendor(core: FakeCore, http: requests.Session) -> None:
    core.decisions.vendors["SomeVendor"] = {"status": "accepted", "data": None}
    answers = [
        http.post(
            core.url + "/data-transfer", json={"charge_point": "CP-1", "vendor_id": v}, timeout=5
        ).json()["status"]
        for v in ("SomeVendor", "UnknownVendor")
    ]

    assert answers == ["accepted", "unknown_vendor_id"]


def test_a_signing_request_gets_a_certificate_of_its_own_key(
    core: FakeCore, http: requests.Session
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CP-1")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM).decode()

    answer = http.post(
        core.url + "/certificates/sign", json={"charge_point": "CP-1", "csr": pem}, timeout=5
    ).json()

    leaf, root = x509.load_pem_x509_certificates(answer["certificate_chain"].encode())
    leaf.verify_directly_issued_by(root)
    assert leaf.subject == name
    assert leaf.public_key() == key.public_key()


def test_a_certificate_status_is_a_readable_ocsp_answer(
    core: FakeCore, http: requests.Session
) -> None:
    asked = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "ab" * 32,
        "issuerKeyHash": "cd" * 32,
        "serialNumber": "1f",
        "responderURL": "http://ocsp.example",
    }
    answer = http.post(
        core.url + "/certificates/status",
        json={"charge_point": "CP-1", "ocsp_request_data": asked},
        timeout=5,
    ).json()

    response = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocsp_result"]))
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == 0x1F


def test_signed_events_are_taken_and_kept_by_charge_point(core: FakeCore) -> None:
    assert deliver(core, event(1), event(1, 2, "CP-2"), event(2, 3)).status_code == 200

    assert [each["sequence"] for each in core.journal.events_of("CP-1")] == [1, 2]
    assert core.journal.sequence_faults() == []


def test_events_with_a_wrong_signature_are_refused(core: FakeCore) -> None:
    assert deliver(core, event(1), secret=OTHER_SECRET).status_code == 401

    assert core.journal.events == []


def test_an_event_without_a_field_of_the_contract_is_refused(core: FakeCore) -> None:
    incomplete = event(1)
    del incomplete["time_quality"]

    assert deliver(core, incomplete).status_code == 400
    assert core.journal.events == []


def test_gaps_inversions_and_changed_repetitions_are_found(core: FakeCore) -> None:
    deliver(core, event(1), event(3), event(2), event(1), event(3) | {"type": "other"})

    assert core.journal.sequence_faults() == [
        "CP-1: 3 came where 2 was due",
        "CP-1: 2 came where 4 was due",
        "CP-1: 3 came again with other content",
    ]


def test_a_part_of_a_batch_can_be_acknowledged(core: FakeCore) -> None:
    core.fail(path="/events", acknowledge_first=2, times=1)

    answer = deliver(core, event(1, 11), event(2, 12), event(3, 13))

    assert answer.json() == {"acked_through": 12}
    assert [each["position"] for each in core.journal.events] == [11, 12]


def test_a_fault_holds_for_its_path_and_as_often_as_it_says(
    core: FakeCore, http: requests.Session
) -> None:
    knobs = {"path": "/authorize", "status": 503, "retry_after": 7, "times": 1}
    assert http.post(core.url + "/faults", json=knobs, timeout=5).status_code == 204

    assert deliver(core, event(1)).status_code == 200
    failed = http.post(core.url + "/authorize", json=question(), timeout=5)
    healed = http.post(core.url + "/authorize", json=question(), timeout=5)

    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "7")
    assert healed.status_code == 200


def test_a_slow_core_is_later_than_the_client_waits(core: FakeCore, http: requests.Session) -> None:
    core.fail(slow_ms=60_000)

    with pytest.raises(requests.ReadTimeout):
        http.post(core.url + "/authorize", json=question(), timeout=0.2)


def test_wrong_schema_and_garbage_are_answered_with_200(
    core: FakeCore, http: requests.Session
) -> None:
    core.fail(garbage=True, times=1)
    core.fail(wrong_schema=True, times=1)

    wrong = http.post(core.url + "/authorize", json=question(), timeout=5)
    garbage = http.post(core.url + "/authorize", json=question(), timeout=5)

    assert wrong.status_code == garbage.status_code == 200
    assert "status" not in wrong.json()
    with pytest.raises(requests.JSONDecodeError):
        garbage.json()


def test_a_core_that_is_down_gives_no_answer_until_the_fault_is_cleared(
    core: FakeCore, http: requests.Session
) -> None:
    core.fail(down=True)
    with pytest.raises(requests.ConnectionError):
        http.post(core.url + "/authorize", json=question(), timeout=5)

    assert http.delete(core.url + "/faults", timeout=5).status_code == 204
    assert http.post(core.url + "/authorize", json=question(), timeout=5).status_code == 200


def test_a_stopped_core_refuses_connections_and_comes_back_on_its_port(
    core: FakeCore, http: requests.Session
) -> None:
    assert http.post(core.url + "/authorize", json=question(), timeout=5).status_code == 200
    core.stop()
    with pytest.raises(requests.ConnectionError):
        http.post(core.url + "/authorize", json=question(), timeout=5)

    core.start()
    assert http.post(core.url + "/authorize", json=question(), timeout=5).status_code == 200


def test_a_knob_that_does_not_exist_is_refused(core: FakeCore, http: requests.Session) -> None:
    answer = http.post(core.url + "/faults", json={"slow": 5}, timeout=5)

    assert answer.status_code == 400
    assert "slow" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/faults", {"slow_ms": "5"}), ("/faults", []), ("/tokens", "x"), ("/tokens", {"A": "x"})],
)
def test_what_cannot_be_set_is_refused_and_breaks_nothing(
    core: FakeCore, http: requests.Session, path: str, body: Any
) -> None:
    assert http.post(core.url + path, json=body, timeout=5).status_code == 400
    assert http.post(core.url + "/authorize", json=question(), timeout=5).status_code == 200


def test_the_journal_is_read_over_http(core: FakeCore, http: requests.Session) -> None:
    http.post(core.url + "/authorize", json=question(), timeout=5)
    deliver(core, event(1))

    journal = http.get(core.url + "/journal", timeout=5).json()

    assert journal["decisions"][0]["request"]["id_token"]["value"] == "04A1B2"
    assert journal["decisions"][0]["headers"]["authorization"] == "Bearer the-token"
    assert journal["events"]["CP-1"][0]["sequence"] == 1


def test_the_page_shows_what_was_received_and_escapes_it(
    core: FakeCore, http: requests.Session
) -> None:
    http.post(core.url + "/authorize", json=question("<script>alert(1)</script>"), timeout=5)
    deliver(core, event(1, charge_point="<img src=x>"))

    page = http.get(core.url + "/", timeout=5).text

    assert "1 decisions, 1 events" in page
    assert "&lt;b&gt;available&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<img" not in page
    assert "<script" not in page


def test_a_connection_is_kept_alive_between_questions(core: FakeCore) -> None:
    connection = HTTPConnection(core.host, core.port, timeout=5)
    connection.connect()
    local_port = connection.sock.getsockname()[1]
    for _ in range(3):
        connection.request("GET", "/journal")
        assert connection.getresponse().read()

        assert connection.sock.getsockname()[1] == local_port
    connection.close()
