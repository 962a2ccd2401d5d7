"""Endpoints: which events each one gets, and where they may be."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from core_link import endpoints, outbound
from core_link.models import Delivery, Endpoint
from tests.core_link.delivery.delivering import (
    all_delivered,
    charge_points,
    deliver_once,
    tell,
    the_endpoint,
    until,
    working,
)
from tests.fakes.core import FakeCore

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_paused_endpoint_gets_nothing_until_it_goes_on(core: FakeCore) -> None:
    (point,) = charge_points(1)
    deliver_once()
    endpoints.pause(the_endpoint(), "maintenance")
    tell(point, 3)
    deliver_once()
    assert core.journal.deliveries == []
    assert endpoints.lag(the_endpoint()).events == 3
    endpoints.resume(the_endpoint())
    deliver_once()
    assert len(core.journal.events) == 3
    assert endpoints.lag(the_endpoint()) == endpoints.Lag(0, None)


def test_an_endpoint_gets_the_types_it_asked_for(core: FakeCore) -> None:
    endpoints.follow_environment()
    Endpoint.objects.update(event_types=["transaction.started"])
    one, two = charge_points(2)
    tell(one, 300)
    tell(one, 1, "transaction.started")
    tell(one, 300)
    tell(two, 1, "transaction.started")
    tell(one, 1, "transaction.started")
    deliver_once()
    told = [(event["charge_point"], event["sequence"]) for event in core.journal.events]
    assert sorted(told) == [("CP-1", 301), ("CP-1", 602), ("CP-2", 1)]


def test_one_endpoint_that_is_down_does_not_hold_up_another(
    core: FakeCore, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ENDPOINTS = True
    (point,) = charge_points(1)
    with FakeCore() as other, working():
        endpoints.add("other", other.url + "/events")
        core.fail(slow_ms=3000)
        tell(point, 5)
        until(lambda: len(other.journal.events) == 5)
        assert core.journal.events == []
        core.stop()


def test_an_endpoint_added_later_is_told_of_what_happens_from_then_on(
    core: FakeCore, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ENDPOINTS = True
    (point,) = charge_points(1)
    tell(point, 3)
    deliver_once()
    with FakeCore() as other:
        endpoints.add("other", other.url + "/events")
        tell(point, 2)
        deliver_once()
        assert [event["sequence"] for event in other.journal.events] == [4, 5]


def test_an_endpoint_that_staff_added_may_not_be_a_private_address(
    settings: Settings, impatient: None
) -> None:
    (point,) = charge_points(1)
    with FakeCore() as core:
        endpoint, _ = endpoints.add("inside", core.url + "/events")
        tell(point)
        with working():
            until(lambda: Delivery.objects.filter(attempts__gt=0).exists())
        assert core.journal.deliveries == []
        assert "not a public one" in Delivery.objects.get().last_error
        settings.ALLOW_PRIVATE_ENDPOINTS = True
        with working():
            until(all_delivered)
        assert len(core.journal.events) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:192.168.1.1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("ff0e::1", False),
        ("64:ff9b::a01:203", False),
        ("2002:a01:203::1", False),
        ("93.184.215.14", True),
        ("2606:2800:21f::1", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert outbound.is_public(address) is public


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ValidationError, match="port"):
        endpoints.check_url(f"https://core.example.com:{port}/events")


def test_nobody_is_told_whether_a_port_of_a_private_address_is_open(impatient: None) -> None:
    (point,) = charge_points(1)
    endpoints.add("closed", "http://127.0.0.1:9/events")
    tell(point)
    with working():
        until(lambda: Delivery.objects.filter(attempts__gt=0).exists())
    assert "not a public one" in Delivery.objects.get().last_error


def test_the_endpoint_of_the_environment_follows_it(settings: Settings) -> None:
    settings.EVENTS_URL = "http://core.example/events"
    endpoints.follow_environment()
    endpoints.follow_environment()
    settings.EVENTS_URL = "http://core.example/elsewhere"
    endpoints.follow_environment()
    assert the_endpoint().url == "http://core.example/elsewhere"
    settings.EVENTS_URL = ""
    endpoints.follow_environment()
    assert not the_endpoint().enabled
    settings.EVENTS_URL = "http://core.example/elsewhere"
    endpoints.follow_environment()
    assert the_endpoint().enabled


def test_a_test_of_an_endpoint_is_a_signed_delivery_without_events(core: FakeCore) -> None:
    endpoints.follow_environment()
    outcome = endpoints.test(the_endpoint())
    assert outcome.status == 200
    (delivery,) = core.journal.deliveries
    assert delivery.request["events"] == []
