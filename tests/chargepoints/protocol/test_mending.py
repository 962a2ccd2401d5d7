"""What is made of a payload whose names are spelled otherwise than its schema has them."""

import pytest

from chargepoints.protocol import spelling
from chargepoints.protocol.schemas import Schemas

SCHEMAS = Schemas("ocpp.v201", request_suffix="Request")
EVENT = {
    "eventType": "Started",
    "timestamp": "2026-11-30T08:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "a"},
}


def test_of_two_spellings_of_one_name_the_first_is_taken() -> None:
    said = {"SeqNo": 1, "seq_no": 2} | {name: EVENT[name] for name in EVENT if name != "seqNo"}
    checked = SCHEMAS.check_request("TransactionEvent", said)
    assert checked.hard is None
    assert checked.payload == EVENT | {"seqNo": 1, "seq_no": 2}


def test_each_of_many_unknown_names_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    SCHEMAS.check_request("TransactionEvent", EVENT | {"unknown": 1})
    looked_at: list[str] = []
    bare = spelling.bare

    def counted(text: str) -> str:
        looked_at.append(text)
        return bare(text)

    monkeypatch.setattr(spelling, "bare", counted)
    unknown = {f"unknown{number}": number for number in range(500)}
    checked = SCHEMAS.check_request("TransactionEvent", EVENT | unknown)
    assert checked.payload == EVENT | unknown
    assert sorted(looked_at) == sorted(unknown)
