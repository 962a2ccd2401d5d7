"""What the vendor of a charger is sent about a night."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from chargepoints.models import ChargePoint, Variable
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, trace

NIGHT = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
ASKED = '[2,"1","Authorize",{"idTag":"04A1"}]'
ANSWERED = '[3,"1",{"idTagInfo":{"status":"Blocked"}}]'
ODD = '[2,2,"MeterValues",{"connectorId":1}]'


def export(client: Client, row: ChargePoint, span: str = "from=2026-11-28T18:00Z") -> Any:
    return client.get(f"/admin/chargepoints/chargepoint/{row.pk}/export/?{span}")


def unpacked(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def a_night(row: ChargePoint) -> None:
    trace(row, action="Authorize", request=ASKED, reply=ANSWERED, started_at=NIGHT)
    later = NIGHT + timedelta(minutes=1)
    deviations = ["message_id_as_number", "required:/meterValue", "of_our_own"]
    trace(row, action="MeterValues", request=ODD, deviations=deviations, started_at=later)


def test_frames_stand_in_order_as_they_went_over_the_socket(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    a_night(charge_point)
    files = unpacked(export(admin_client, charge_point))
    about, *messages = [json.loads(line) for line in files["trace.jsonl"].splitlines()]
    assert (about["charge_point"], about["protocol"]) == ("CP-1", "ocpp1.6")
    assert messages[0]["at"] == "2026-11-28T22:00:00.000Z"
    assert (messages[0]["request"], messages[0]["reply"]) == (ASKED, ANSWERED)
    assert messages[1]["deviations"] == [
        "message_id_as_number",
        "required:/meterValue",
        "of_our_own",
    ]
    outside = export(admin_client, charge_point, "from=2026-11-27T18:00Z&to=2026-11-28T06:00Z")
    assert len(unpacked(outside)["trace.jsonl"].splitlines()) == 1


def test_the_summary_names_the_clauses_that_were_broken(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    a_night(charge_point)
    summary = unpacked(export(admin_client, charge_point))["summary.txt"]
    assert "CP-1: Acme Wall 22, ocpp1.6" in summary
    for line in (
        "once MeterValues: message id as number (OCPP-J 1.6, 4.1.4: the id is a string)",
        "once MeterValues: /meterValue is missing (the JSON schema of the message)",
        "once MeterValues: of our own (the clause is unknown)",
    ):
        assert line in summary


def test_it_says_how_many_others_do_the_same(
    admin_client: Client, charge_point: ChargePoint, make_charge_point: MakeChargePoint
) -> None:
    a_night(charge_point)
    alike, unlike = make_charge_point("CP-2"), make_charge_point("CP-3")
    make_charge_point("CP-4", model="Another")
    trace(alike, deviations=["message_id_as_number"], started_at=NIGHT)
    trace(unlike, deviations=["something_else"], started_at=NIGHT)
    summary = unpacked(export(admin_client, charge_point))["summary.txt"]
    assert "1 of 2 other charge points of this model and firmware do the same." in summary


def test_what_the_charger_is_and_its_configuration_come_along(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Variable.objects.create(charge_point=charge_point, name="HeartbeatInterval", reported="60")
    about = json.loads(unpacked(export(admin_client, charge_point))["charger.json"])
    assert (about["vendor"], about["model"]) == ("Acme", "Wall 22")
    assert about["configuration"] == {"HeartbeatInterval": "60"}


def test_every_role_may_export_and_nobody_else(as_role: AsRole, charge_point: ChargePoint) -> None:
    assert "summary.txt" in unpacked(export(as_role("viewer"), charge_point))
    assert export(Client(), charge_point).status_code == 302
