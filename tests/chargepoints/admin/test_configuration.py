"""The configuration of a charge point, compared with another and with its model's template."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chargepoints.models import ChargePoint, Command, ConfigurationTemplate, Variable
from chargepoints.roles import ENGINEER, OPERATOR, VIEWER
from chargepoints.services.device_model import templates
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint

CHARGE_POINTS = "/admin/chargepoints/chargepoint/"
TEMPLATES = "/admin/chargepoints/configurationtemplate/"
INTERVAL = "MeterValueSampleInterval"


def reported(charge_point: ChargePoint, name: str, value: str, **fields: Any) -> Variable:
    return Variable.objects.create(
        charge_point=charge_point, name=name, reported=value, read_at=timezone.now(), **fields
    )


def url_of(charge_point: ChargePoint) -> str:
    return f"{CHARGE_POINTS}{charge_point.pk}/configuration/"


def keys(client: Client, url: str) -> list[str]:
    return [row.variable.key for row in client.get(url).context["rows"]]


@pytest.fixture
def pair(make_charge_point: MakeChargePoint) -> tuple[ChargePoint, ChargePoint]:
    one, other = make_charge_point("CP-1"), make_charge_point("CP-2")
    for charge_point, value in ((one, "60"), (other, "10")):
        reported(charge_point, INTERVAL, value)
        reported(charge_point, "HeartbeatInterval", "300", mutability="ReadOnly")
    return one, other


def template(**values: str) -> ConfigurationTemplate:
    return ConfigurationTemplate.objects.create(vendor="Acme", model="Wall 22", values=values)


def test_what_was_reported_stands_beside_what_was_wanted(
    admin_client: Client, pair: tuple[ChargePoint, ChargePoint]
) -> None:
    Variable.objects.filter(name=INTERVAL).update(desired="30")
    template(**{INTERVAL: "20"})
    page = admin_client.get(url_of(pair[0])).content.decode()
    assert ">30</span>" in page
    assert ">20</span>" in page
    assert "read only" in page
    change = f"?command=set_configuration&amp;args-key={INTERVAL}&amp;args-value=20"
    assert change in page
    assert keys(admin_client, f"{url_of(pair[0])}?q=meter") == [INTERVAL]
    form = admin_client.get(
        f"{CHARGE_POINTS}{pair[0].pk}/command/{change.replace('&amp;', '&')}"
    ).content.decode()
    assert f'value="{INTERVAL}"' in form
    assert 'value="20"' in form


def test_two_charge_points_are_compared(
    admin_client: Client, pair: tuple[ChargePoint, ChargePoint]
) -> None:
    assert keys(admin_client, f"{url_of(pair[0])}?with=cp-2") == [INTERVAL]
    missing = admin_client.get(f"{url_of(pair[0])}?with=NOBODY").content.decode()
    assert "There is no charge point" in missing


def test_what_is_ticked_becomes_the_template_of_the_model(
    admin_client: Client, pair: tuple[ChargePoint, ChargePoint]
) -> None:
    secret = reported(pair[0], "StationPassword", "(not shown)")
    keys = [INTERVAL, "HeartbeatInterval", secret.key]
    answer = admin_client.post(f"{CHARGE_POINTS}{pair[0].pk}/template/", {"key": keys}, follow=True)
    kept = ConfigurationTemplate.objects.get()
    assert (kept.vendor, kept.model, kept.values) == ("Acme", "Wall 22", {INTERVAL: "60"})
    assert kept.changed_by == "staff:admin"
    page = answer.content.decode()
    assert "Mend (1)" in page
    assert "CP-2" in page


def test_drift_is_mended_as_a_batch(
    admin_client: Client, pair: tuple[ChargePoint, ChargePoint]
) -> None:
    kept = template(**{INTERVAL: "60"})
    page = admin_client.get(f"{TEMPLATES}{kept.pk}/change/").content.decode()
    mend = f"{CHARGE_POINTS}bulk/?template={kept.pk}&key={INTERVAL}"
    assert mend.replace("&", "&amp;") in page
    form = admin_client.get(mend)
    assert form.context["chosen"] == [pair[1]]
    assert form.context["form"].initial == {"key": INTERVAL, "value": "60"}
    fields = {"command": "set_configuration", "args-key": INTERVAL, "args-value": "60"}
    targets = {"targets": form.context["targets"], "send": "yes", "confirmed": "yes"}
    admin_client.post(f"{CHARGE_POINTS}bulk/", {**fields, **targets})
    command = Command.objects.get()
    assert (command.charge_point, command.args) == (pair[1], {"key": INTERVAL, "value": "60"})
    assert admin_client.get(f"{CHARGE_POINTS}bulk/?template={kept.pk}&key=Other").status_code == 404
    assert admin_client.get(f"{CHARGE_POINTS}bulk/?template=x&key=Other").status_code == 404


def test_keys_and_variables_of_components_drift_alike(make_charge_point: MakeChargePoint) -> None:
    station = make_charge_point("CS-1", protocol="ocpp2.0.1")
    controller = {"component": "SampledDataCtrlr", "component_instance": "A"}
    reported(station, "TxUpdatedInterval", "10", **controller)
    reported(station, "TxUpdatedInterval", "10", evse_id=1, **controller)
    reported(make_charge_point("CP-1"), "Vendor.Key", "no")
    kept = template(**{"SampledDataCtrlr[A].TxUpdatedInterval": "60", "Vendor.Key": "yes"})
    found = {
        each.key: [charge_point.identity for charge_point, _ in each.reported]
        for each in templates.drift(kept)
    }
    assert found == {
        "SampledDataCtrlr[A].TxUpdatedInterval": ["CS-1"],
        "Vendor.Key": ["CP-1"],
    }


def test_a_template_is_written_one_key_a_line(admin_client: Client) -> None:
    fields = {"vendor": "Acme", "model": "Wall 22"}
    lines = {"values": f"{INTERVAL} = 60\r\n\r\nSupported=a = b\r\n"}
    admin_client.post(f"{TEMPLATES}add/", fields | lines)
    assert ConfigurationTemplate.objects.get().values == {INTERVAL: "60", "Supported": "a = b"}
    for wrong, said in (("no value", "Line 1"), ("AuthorizationKey = 1", "is a secret")):
        fields["model"] = "Other"
        answer = admin_client.post(f"{TEMPLATES}add/", {**fields, "values": wrong})
        assert said in answer.content.decode()


def test_a_viewer_and_an_operator_look_and_change_nothing(
    as_role: AsRole, pair: tuple[ChargePoint, ChargePoint]
) -> None:
    kept = template(**{INTERVAL: "60"})
    for role in (VIEWER, OPERATOR):
        client = as_role(role)
        page = client.get(url_of(pair[0])).content.decode()
        assert INTERVAL in page
        assert ">Change<" not in page and "Send a command" not in page
        assert "Save what is ticked" not in page
        saved = client.post(f"{CHARGE_POINTS}{pair[0].pk}/template/", {"key": [INTERVAL]})
        assert saved.status_code == 403
        assert "Mend" not in client.get(f"{TEMPLATES}{kept.pk}/change/").content.decode()
        assert client.post(f"{TEMPLATES}{kept.pk}/change/", {"values": ""}).status_code == 403
    engineer = as_role(ENGINEER)
    assert "Mend (1)" in engineer.get(f"{TEMPLATES}{kept.pk}/change/").content.decode()
