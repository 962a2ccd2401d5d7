"""The gateway's own tokens as CSV: what comes out goes in again, and all of a file or nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chargepoints.models import IdToken
from chargepoints.services.csv_tables import CsvRefused
from chargepoints.services.tokens import id_token_csv

pytestmark = pytest.mark.django_db
HEAD = "value,type,status,group_id_token,expires_at,personal_message\r\n"


def load(text: str) -> str:
    return str(id_token_csv.load(text.encode()))


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(CsvRefused) as refused:
        id_token_csv.load(text if isinstance(text, bytes) else text.encode())
    assert not IdToken.objects.exists()
    return refused.value.faults


def test_what_is_written_is_read_again_as_it_was() -> None:
    IdToken.objects.create(value="04A1", type="ISO14443", group_id_token="DEPOT")
    IdToken.objects.create(value="+49", personal_message='=HYPERLINK("x"), or so')
    text = id_token_csv.write()
    before = list(IdToken.objects.values())
    assert load(text) == "0 created, 0 changed, 2 unchanged"
    assert list(IdToken.objects.values()) == before
    IdToken.objects.all().delete()
    assert load(text) == "2 created, 0 changed, 0 unchanged"
    assert id_token_csv.write() == text


def test_no_cell_is_a_formula() -> None:
    IdToken.objects.create(value="=1+1", group_id_token="@SUM", personal_message="-2+3")
    (_, line) = id_token_csv.write().splitlines()
    assert line == "'=1+1,,accepted,'@SUM,,'-2+3"


def test_only_own_tokens_that_may_be_seen_are_written() -> None:
    IdToken.objects.create(value="OWN")
    IdToken.objects.create(value="CORES", source=IdToken.Source.CORE)
    IdToken.objects.create(value="1234", type="KeyCode")
    assert id_token_csv.write() == HEAD + "OWN,,accepted,,,\r\n"


def test_a_token_that_exists_is_changed_in_any_case_and_no_other_is_touched() -> None:
    IdToken.objects.create(value="04A1", type="ISO14443", group_id_token="DEPOT")
    IdToken.objects.create(value="OTHER")
    cached = IdToken.objects.create(value="04a1", type="ISO14443", source=IdToken.Source.CORE)
    text = "value,type,status,expires_at\n04a1,ISO14443,blocked,2027-01-31 12:00\nNEW,,,\n"
    assert load(text) == "1 created, 1 changed, 0 unchanged"
    changed = IdToken.objects.get(value="04A1")
    assert (changed.status, changed.group_id_token) == ("blocked", "")
    assert changed.expires_at is not None
    assert changed.expires_at.isoformat() == "2027-01-31T12:00:00+00:00"
    assert IdToken.objects.get(value="NEW").status == "accepted"
    assert IdToken.objects.count() == 4
    cached.refresh_from_db()
    assert cached.status == "accepted"


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    assert load("\ufeffvalue\n04A1\n").startswith("1 created")


def test_many_tokens_are_taken() -> None:
    lines = "".join(f"TOKEN-{number}\n" for number in range(2001))
    assert load("value\n" + lines).startswith("2001 created")
    assert load("value\n" + lines) == "0 created, 0 changed, 2001 unchanged"


def test_one_wrong_line_refuses_all_of_the_file() -> None:
    text = (
        "value,type,status,expires_at\n"
        "GOOD,,,\n"
        ",,,\n"
        "BAD,,perhaps,\n"
        "BAD,,,tomorrow\n"
        "good,,,\n"
        f"{'x' * 256},,,\n"
        "MORE,,,,CELLS\n"
    )
    assert faults(text) == [
        "line 3: value: This field cannot be blank.",
        "line 4: status: Value 'perhaps' is not a valid choice.",
        "line 5: expires_at: 'tomorrow' is not a time such as 2027-01-31T12:00:00Z",
        "line 6: an earlier line has the same key",
        "line 7: value: Ensure this value has at most 255 characters (it has 256).",
        "line 8: there are more cells than columns",
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the first line has to contain the column names, including value"),
        (b"type\nISO14443\n", "the first line has to contain the column names, including value"),
        (b"value,colour\nA,red\n", "unknown column 'colour'"),
        (b"value\n\xff\xfe\n", "the file is not UTF-8"),
        (b"value\nA\x00B\n", "the file contains a NUL character"),
        (b'value\n"A\n', "line 1: unexpected end of data"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes, fault: str) -> None:
    (said,) = faults(content)
    assert said.startswith(fault)


def test_a_few_of_many_faults_are_told() -> None:
    told = faults("value,status\n" + "A,odd\n" * 100)
    assert len(told) == 21
    assert told[-1] == "and 80 more"


def test_the_commands_write_and_read_files(tmp_path: Path) -> None:
    IdToken.objects.create(value="04A1")
    written = StringIO()
    call_command("export_id_tokens", stdout=written)
    file = tmp_path / "tokens.csv"
    file.write_text(written.getvalue() + "04A2,,,,,\n")
    said = StringIO()
    call_command("import_id_tokens", str(file), stdout=said)
    assert said.getvalue() == "1 created, 0 changed, 1 unchanged.\n"
    file.write_text("value,status\nA,odd\n")
    with pytest.raises(CommandError, match="nothing was imported\nline 2: status"):
        call_command("import_id_tokens", str(file))
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_id_tokens", str(tmp_path / "none.csv"))
