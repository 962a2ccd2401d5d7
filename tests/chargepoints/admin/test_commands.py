"""Sending commands from a charge point's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from chargepoints.models import ChargePoint, Command, CommandBatch, Event, Evse, Variable
from chargepoints.protocol.versions import installed_versions
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, charge

COMMANDS = "/admin/chargepoints/command/"


def url_of(charge_point: ChargePoint) -> str:
    return f"/admin/chargepoints/chargepoint/{charge_point.pk}/command/"


def send(client: Client, charge_point: ChargePoint, type: str, **fields: Any) -> Any:
    return client.post(url_of(charge_point), {"command": type, **fields})


def test_a_command_is_taken_in_with_who_asked_for_it(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    response = send(
        as_role(OPERATOR),
        charge_point,
        "start",
        **{"args-id_token.value": "04A1", "args-evse_id": "1", "args-connector_id": ""},
    )
    command = Command.objects.get()
    assert command.type == "start"
    assert command.args == {"id_token": {"value": "04A1"}, "evse_id": 1}
    assert command.requested_by == "staff:a-operator"
    assert command.state == Command.State.QUEUED
    assert response["HX-Trigger"] == "command-sent"
    assert "The command was accepted" in response.content.decode()


def test_what_looks_wrong_is_asked_about_before_it_is_sent(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    fields = {"args-id_token.value": "PARKING LOT 17 NORTH", "args-evse_id": "9"}
    asked = send(admin_client, charge_point, "start", **fields).content.decode()
    assert "Some chargers read only the first 16 characters of a remote token." in asked
    assert "The charge point has never reported an EVSE (connector) 9." in asked
    assert not Command.objects.exists()
    send(admin_client, charge_point, "start", confirmed="yes", **fields)
    command = Command.objects.get()
    assert len(command.cautions) == 3
    page = admin_client.get(f"{COMMANDS}{command.pk}/change/").content.decode()
    assert "not hexadecimal" in page


def test_the_form_has_a_field_for_each_argument(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    reset = admin_client.get(f"{url_of(charge_point)}?command=reset").content.decode()
    assert '<option value="on_idle">' in reset
    assert 'type="number" name="args-evse_id"' in reset
    raw = admin_client.get(f"{url_of(charge_point)}?command=raw").content.decode()
    assert '<textarea name="args-payload"' in raw
    assert '<option value="UnlockConnector">' in raw
    configuration = admin_client.get(f"{url_of(charge_point)}?command=get_configuration")
    assert '<textarea name="args-keys"' in configuration.content.decode()


def test_a_missing_argument_is_told_beside_its_field(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    response = send(admin_client, charge_point, "trigger", **{"args-message": ""})
    assert response.context["form"].errors["message"] == ["This field is required."]
    assert not Command.objects.exists()


def test_a_time_has_to_be_there_and_its_field_shows_how_it_is_written(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    fields = {"args-id_token.value": "04A1B2C3"}
    response = send(admin_client, charge_point, "reserve", **fields)
    assert response.context["form"].errors == {"expires_at": ["This field is required."]}
    assert 'placeholder="2026-11-22T08:00:00Z"' in response.content.decode()


def test_a_refusal_is_told_where_it_belongs(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    offline = make_charge_point("CP-2", online=False)
    response = send(admin_client, offline, "start", **{"args-id_token.value": "04A1"})
    assert response.context["form"].non_field_errors() == ["CP-2 is not connected"]
    assert "CP-2 is not connected" in response.content.decode()
    assert not Command.objects.exists()


def test_the_schema_of_a_raw_request_is_told_beside_its_payload(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    fields = {"args-action": "UnlockConnector", "args-payload": '{"connectorId": "one"}'}
    response = send(admin_client, charge_point, "raw", confirmed="yes", **fields)
    assert "connectorId" in str(response.context["form"].errors["payload"])
    assert not Command.objects.exists()
    fields["args-payload"] = '{"connectorId": 1}'
    send(admin_client, charge_point, "raw", confirmed="yes", **fields)
    assert Command.objects.get().args == {
        "action": "UnlockConnector",
        "payload": {"connectorId": 1},
    }


def test_a_payload_that_is_no_json_is_told_beside_it(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    fields = {"args-action": "Reset", "args-payload": "{oops"}
    response = send(admin_client, charge_point, "raw", confirmed="yes", **fields)
    assert "is not JSON" in response.context["form"].errors["payload"][0]


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("reset", {"args-type": "immediate"}),
        ("stop", {"args-transaction_id": "17"}),
        ("set_configuration", {"args-key": "HeartbeatInterval", "args-value": ""}),
        ("raw", {"args-action": "Reset", "args-payload": '{"type": "Hard"}'}),
    ],
)
def test_what_can_stop_or_brick_a_charger_is_asked_twice(
    admin_client: Client, charge_point: ChargePoint, type: str, fields: dict[str, str]
) -> None:
    charge(charge_point)
    asked = send(admin_client, charge_point, type, **fields)
    assert "1 transaction running" in asked.content.decode()
    assert "Yes, send it" in asked.content.decode()
    assert not Command.objects.exists()
    send(admin_client, charge_point, type, confirmed="yes", **fields)
    assert Command.objects.get().type == type


def test_an_empty_value_is_a_value(admin_client: Client, charge_point: ChargePoint) -> None:
    fields = {"args-key": "AuthorizationKey", "args-value": ""}
    send(admin_client, charge_point, "set_configuration", confirmed="yes", **fields)
    assert Command.objects.get().args == {"key": "AuthorizationKey", "value": ""}


def test_going_back_from_the_second_question_keeps_what_was_typed(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    fields = {"args-key": "HeartbeatInterval", "args-value": "60"}
    form = send(admin_client, charge_point, "set_configuration", back="yes", **fields)
    assert 'value="HeartbeatInterval"' in form.content.decode()
    assert not Command.objects.exists()


def test_a_list_is_one_text_a_line(admin_client: Client, charge_point: ChargePoint) -> None:
    fields = {"args-keys": "HeartbeatInterval\r\n\r\n ConnectionTimeOut "}
    send(admin_client, charge_point, "get_configuration", **fields)
    assert Command.objects.get().args == {"keys": ["HeartbeatInterval", "ConnectionTimeOut"]}


def test_arguments_keep_their_types(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    station = make_charge_point("CS-1", protocol="")
    fields = {"args-slot": "1", "args-url": "wss://csms.example", "args-security_profile": "2"}
    send(admin_client, station, "set_network_profile", confirmed="yes", **fields)
    assert Command.objects.get().args == {
        "slot": 1,
        "url": "wss://csms.example",
        "security_profile": 2,
    }


def test_several_words_of_a_list_are_chosen(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    station = make_charge_point("CS-1", protocol="")
    send(admin_client, station, "get_certificates", **{"args-uses": ["csms_root", "mo_root"]})
    assert Command.objects.get().args == {"uses": ["csms_root", "mo_root"]}


def test_a_certificate_keeps_its_lines(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    station = make_charge_point("CS-1", protocol="")
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    form = admin_client.get(f"{url_of(station)}?command=install_certificate").content.decode()
    assert '<textarea name="args-certificate"' in form
    form = admin_client.get(f"{url_of(station)}?command=update_firmware").content.decode()
    assert '<textarea name="args-signing_certificate"' in form
    fields = {"args-use": "csms_root", "args-certificate": pem}
    asked = send(admin_client, station, "install_certificate", **fields).context["form"]
    assert pem.strip() in asked["certificate"].as_hidden()
    send(admin_client, station, "install_certificate", confirmed="yes", **fields)
    assert Command.objects.get().args["certificate"] == pem


@pytest.mark.parametrize(
    ("type", "argument", "text"),
    [
        ("raw", "payload", '{"a": NaN}'),
        ("raw", "payload", '{"a": "\\u0000"}'),
        ("raw", "payload", "[" * 100_000),
        ("get_configuration", "keys", "Heartbeat\x00Interval"),
    ],
)
def test_what_no_database_stores_is_said_beside_the_field(
    admin_client: Client, charge_point: ChargePoint, type: str, argument: str, text: str
) -> None:
    response = send(
        admin_client,
        charge_point,
        type,
        **{"args-action": "DataTransfer", f"args-{argument}": text},
    )
    assert response.status_code == 200
    assert response.context["form"].errors[argument]
    assert not Command.objects.exists()


def test_the_form_of_every_type_is_shown(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_points = {
        "ocpp1.6": make_charge_point("CP-1"),
        "ocpp2.0.1": make_charge_point("CS-1", protocol="ocpp2.0.1"),
    }
    for protocol, charge_point in charge_points.items():
        for type in [*installed_versions()[protocol].commands, "raw"]:
            response = admin_client.get(f"{url_of(charge_point)}?command={type}")
            assert response.context["command_type"] == type
            page = response.content.decode()
            assert "Send" in page
            assert "null" not in page, type


def test_open_transactions_are_offered_for_stopping(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    charge(charge_point, "open-one")
    charge(charge_point, "ended-one", ended_at=timezone.now())
    form = admin_client.get(f"{url_of(charge_point)}?command=stop").content.decode()
    assert '<option value="open-one">' in form
    assert "ended-one" not in form


def test_what_the_charge_point_has_is_there_to_pick_from(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    Evse.objects.create(charge_point=charge_point, evse_id=7)
    Variable.objects.create(charge_point=charge_point, name="MeterValueSampleInterval")
    for type, offered in (
        ("trigger", "Heartbeat"),
        ("trigger", "7"),
        ("set_configuration", "MeterValueSampleInterval"),
    ):
        form = admin_client.get(f"{url_of(charge_point)}?command={type}").content.decode()
        assert f'<option value="{offered}">' in form


def test_an_operator_sends_only_what_daily_support_needs(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    operator = as_role(OPERATOR)
    offered = operator.get(f"{url_of(charge_point)}?command=start").content.decode()
    assert '<option value="stop">' in offered
    assert '<option value="raw">' not in offered
    fields = {"args-action": "Reset", "args-payload": '{"type": "Hard"}', "confirmed": "yes"}
    assert send(operator, charge_point, "raw", **fields).status_code == 403
    assert send(operator, charge_point, "reset", confirmed="yes").status_code == 403
    assert not Command.objects.exists()


def test_an_engineer_sends_every_command(as_role: AsRole, charge_point: ChargePoint) -> None:
    fields = {"args-action": "Reset", "args-payload": '{"type": "Hard"}', "confirmed": "yes"}
    assert send(as_role(ENGINEER), charge_point, "raw", **fields).status_code == 200
    assert Command.objects.get().requested_by == "staff:a-engineer"


def test_a_viewer_sends_nothing(as_role: AsRole, charge_point: ChargePoint) -> None:
    viewer = as_role(VIEWER)
    assert send(viewer, charge_point, "trigger", **{"args-message": "Heartbeat"}).status_code == 403
    assert not Command.objects.exists()


def test_a_type_that_does_not_exist_is_refused(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    assert send(admin_client, charge_point, "explode").status_code == 403


def queued(charge_point: ChargePoint, **fields: Any) -> Command:
    return Command.objects.create(
        charge_point=charge_point,
        requested_by="core",
        expires_at=timezone.now() + timedelta(hours=1),
        **{"type": "reset", **fields},
    )


def test_a_batch_counts_its_commands_and_leads_to_them(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    batch = CommandBatch.objects.create(
        type="reset",
        targets=[charge_point.pk, 4711],
        refused=[{"charge_point": "CP-9", "code": "not_connected", "detail": "it is offline"}],
        requested_by="core",
    )
    of_batch = {queued(charge_point, batch=batch), queued(charge_point, batch=batch)}
    queued(charge_point)
    page = admin_client.get("/admin/chargepoints/commandbatch/").content.decode()
    link = f"{COMMANDS}?batch__id__exact={batch.pk}"
    assert f'href="{link}">2</a>' in page
    assert set(admin_client.get(link).context["cl"].result_list) == of_batch
    own_page = f"/admin/chargepoints/commandbatch/{batch.pk}/change/"
    assert "it is offline" in admin_client.get(own_page).content.decode()


def test_a_command_that_was_not_sent_yet_is_cancelled(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    command = queued(charge_point)
    page = admin_client.get(f"{COMMANDS}{command.pk}/change/").content.decode()
    assert "Cancel the command" in page
    admin_client.post(f"{COMMANDS}{command.pk}/cancel/")
    command.refresh_from_db()
    assert command.state == Command.State.CANCELLED
    assert Event.objects.get().data["state"] == "cancelled"


def test_a_command_that_was_sent_is_not_cancelled(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    command = queued(charge_point, state=Command.State.SENT)
    assert "Cancel the command" not in (
        admin_client.get(f"{COMMANDS}{command.pk}/change/").content.decode()
    )
    answer = admin_client.post(f"{COMMANDS}{command.pk}/cancel/", follow=True)
    assert "The command is already sent." in answer.content.decode()
    command.refresh_from_db()
    assert command.state == Command.State.SENT


def test_only_who_might_have_sent_a_command_cancels_it(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    command = queued(charge_point)
    assert as_role(OPERATOR).post(f"{COMMANDS}{command.pk}/cancel/").status_code == 403
    assert as_role(ENGINEER).get(f"{COMMANDS}{command.pk}/cancel/").status_code == 405
    command.refresh_from_db()
    assert command.state == Command.State.QUEUED


def test_a_form_names_its_fields_and_choices_in_words(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    url = f"/admin/chargepoints/chargepoint/{charge_point.pk}/command/"
    availability = admin_client.get(url, {"command": "set_availability"}).content.decode()
    assert "without &quot;EVSE ID&quot; the whole charge point" in availability
    reset = admin_client.get(url, {"command": "reset"}).content.decode()
    assert '<option value="on_idle">on idle</option>' in reset
    assert "on idle lets transactions end first" in reset


def test_why_it_was_sent_is_kept_in_the_log_with_who_sent_it(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    engineer, why = as_role(ENGINEER), "The driver <called> twice"
    asked = send(engineer, charge_point, "reset", **{"args-type": "on_idle"}, why=why)
    assert f'name="why" value="{escape(why)}"' in asked.content.decode()
    send(engineer, charge_point, "reset", **{"args-type": "on_idle"}, why=why, confirmed="yes")
    command = Command.objects.get()
    entry = LogEntry.objects.get()
    assert (entry.get_change_message(), entry.object_id) == (f"Why: {why}", str(command.pk))
    assert entry.user.username == "a-engineer"
    assert escape(why) in engineer.get(f"{COMMANDS}{command.pk}/change/").content.decode()


def test_who_gives_no_reason_leaves_nothing_in_the_log(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    send(admin_client, charge_point, "clear_cache", why=" ", confirmed="yes")
    assert Command.objects.exists() and not LogEntry.objects.exists()
