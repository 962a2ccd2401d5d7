"""What is wrong with a charge point stands at the top of its page, with what would mend it."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from chargepoints.models import ChargePoint, Connector, HandshakeRefusal, Status
from tests.chargepoints.admin.conftest import trace
from tests.chargepoints.admin.test_charge_point_page import page_of

TROUBLE = 'class="cp-trouble"'


def refuse(identity: str, **fields: object) -> None:
    HandshakeRefusal.objects.create(
        identity=identity,
        address="10.9.9.9",
        remedy="Set the charger's key anew.",
        status_code=401,
        **{"reason": "wrong_key", "count": 7, **fields},
    )


def goes_offline(charge_point: ChargePoint) -> None:
    connection = charge_point.connection
    assert connection is not None
    connection.closed_at = timezone.now() - timedelta(hours=3)
    connection.close_code, connection.close_reason = 1006, "ping timeout"
    connection.save()
    ChargePoint.objects.update(connection=None, last_seen_at=connection.closed_at)


def test_a_charge_point_that_works_has_no_trouble(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    refuse("CP-1", last_at=timezone.now() - timedelta(hours=1))
    refuse("CP-2")
    assert TROUBLE not in page_of(admin_client, charge_point)


def test_it_is_told_since_when_it_is_offline_and_how_its_socket_ended(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    goes_offline(charge_point)
    page = page_of(admin_client, charge_point)
    assert "Offline; its socket was closed: 1006 ping timeout" in page
    assert ">3 h ago</time>. It should reconnect by itself" in page


def test_what_an_offline_connector_said_last_is_not_shown_as_what_it_is(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    assert '<span class="cp-badge cp-good" title="Available">available' in page_of(
        admin_client, charge_point
    )
    goes_offline(charge_point)
    page = page_of(admin_client, charge_point)
    assert "cp-plain" in page and 'title="Available when it was last online">available' in page


def test_it_is_told_that_its_handshakes_are_refused(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    goes_offline(charge_point)
    refuse("cp-1")
    page = page_of(admin_client, charge_point)
    assert "Refused from 10.9.9.9, 7 times: wrong key" in page
    assert "Set the charger&#x27;s key anew." in page


def test_a_registration_that_keeps_it_from_charging_is_told(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    ChargePoint.objects.update(registration="pending")
    page = page_of(admin_client, charge_point)
    assert "Its registration is pending, so it must not charge" in page
    assert f"/{charge_point.pk}/change/#id_registration" in page


def test_faults_are_told_with_what_the_charger_said(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    ChargePoint.objects.update(status=Status.FAULTED, error_code="NoError")
    assert "The station is faulted: no reason reported" in page_of(admin_client, charge_point)
    ChargePoint.objects.update(error_code="InternalError")
    Connector.objects.update(
        status=Status.FAULTED, error_code="GroundFailure", info="<b>RCD</b>", status_at=None
    )
    page = page_of(admin_client, charge_point)
    assert "The station is faulted: InternalError" in page
    assert "EVSE 1 is faulted: GroundFailure · &lt;b&gt;RCD&lt;/b&gt;" in page


def test_messages_of_another_day_show_their_date(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    at = timezone.now() - timedelta(days=2)
    trace(charge_point, started_at=at)
    assert f">{at:%d %b %H:%M}</time>" in page_of(admin_client, charge_point)
