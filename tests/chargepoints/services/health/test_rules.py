"""The rules of health: whom each is about, and that the proof is there for these alone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from chargepoints.models import (
    ChargePoint,
    ConfigurationTemplate,
    Connection,
    Connector,
    MaintenanceWindow,
    Message,
    Mirror,
    Variable,
)
from chargepoints.models.connection import new_epoch
from chargepoints.services.health import gauges, maintenance, rules
from tests.chargepoints.admin.conftest import charge, make

pytestmark = pytest.mark.django_db

AGO = timedelta(minutes=20)
Ill = Callable[[ChargePoint, datetime], None]


def flapping(row: ChargePoint, now: datetime) -> None:
    for _ in range(6):
        Connection.objects.create(
            id=new_epoch(), charge_point=row, protocol="ocpp1.6", path="/ocpp/X", closed_at=now
        )


def half_open(row: ChargePoint, now: datetime) -> None:
    Connection.objects.filter(charge_point=row).update(opened_at=now - AGO)
    ChargePoint.objects.filter(pk=row.pk).update(last_seen_at=now - AGO)


def deaf(row: ChargePoint, now: datetime) -> None:
    ChargePoint.objects.filter(pk=row.pk).update(deaf_since=now - AGO)


def no_boot(row: ChargePoint, now: datetime) -> None:
    Connection.objects.filter(charge_point=row).update(opened_at=now - AGO)
    ChargePoint.objects.filter(pk=row.pk).update(boot_asked_at=now - timedelta(minutes=15))


def clock(row: ChargePoint, now: datetime) -> None:
    ChargePoint.objects.filter(pk=row.pk).update(clock_skew_s=-3600)


def meter(row: ChargePoint, now: datetime) -> None:
    charge(row, deviations=["register_jumped"], ended_at=now)


def left_open(row: ChargePoint, now: datetime) -> None:
    charge(row, sampled_at=now - AGO)
    Connector.objects.filter(evse__charge_point=row).update(status_at=now)


def drift(row: ChargePoint, now: datetime) -> None:
    ConfigurationTemplate.objects.create(vendor="Acme", model="Wall 22", values={"Key": "1"})
    Variable.objects.create(charge_point=row, name="Key", reported="2")


def certificate(row: ChargePoint, now: datetime) -> None:
    expires_at = now + timedelta(days=20)
    ChargePoint.objects.filter(pk=row.pk).update(certificate_expires_at=expires_at)


def behind(row: ChargePoint, now: datetime) -> None:
    ChargePoint.objects.update(firmware_version="1.10")
    ChargePoint.objects.filter(pk=row.pk).update(firmware_version="1.9")


def mirror(row: ChargePoint, now: datetime) -> None:
    Mirror.objects.create(charge_point=row, url="ws://127.0.0.1:9/other", error="refused")
    Message.objects.create(
        charge_point=row, direction="in", action="Heartbeat", started_at=now - AGO
    )


ILLS: list[Ill] = [
    flapping,
    half_open,
    deaf,
    no_boot,
    clock,
    meter,
    left_open,
    drift,
    certificate,
    behind,
    mirror,
]


def found(charge_point: ChargePoint, now: datetime) -> list[str]:
    row = ChargePoint.objects.select_related("connection").get(pk=charge_point.pk)
    return [each.rule.name for each in rules.of(row, now)]


def test_every_rule_is_tried() -> None:
    assert [ill.__name__ for ill in ILLS] == list(rules.RULES)


@pytest.mark.parametrize("ill", ILLS)
def test_a_rule_finds_who_is_ill_and_proves_it_and_nobody_else(ill: Ill) -> None:
    now = timezone.now()
    sick, healthy, another = make("CP-1"), make("CP-2"), make("CP-3")
    charge(healthy, sampled_at=now)
    assert found(sick, now) == found(healthy, now) == []
    ill(sick, now)
    name = ill.__name__
    assert found(sick, now) == [name]
    assert found(healthy, now) == []
    assert list(rules.about(rules.RULES[name], now)) == [sick]
    among = rules.among([sick.pk, healthy.pk, another.pk], now)
    assert {pk: [rule.name for rule in those] for pk, those in among.items()} == {sick.pk: [name]}


def window(begins_in: timedelta, **of: object) -> None:
    now = timezone.now()
    MaintenanceWindow.objects.create(
        starts_at=now + begins_in,
        ends_at=now + begins_in + timedelta(hours=1),
        reason="a new fuse",
        **of,
    )


def test_who_is_in_maintenance_is_not_told_of() -> None:
    now = timezone.now()
    one, of_site, other = make("CP-1"), make("CP-2", site="North"), make("CP-3", site="South")
    no_site = make("CP-4")
    for row in (one, of_site, other, no_site):
        clock(row, now)
    window(-AGO, charge_point=one)
    window(-AGO, site="North")
    window(AGO, site="South")
    window(-timedelta(hours=2), charge_point=no_site)
    muted = ChargePoint.objects.filter(maintenance.in_maintenance(now))
    assert list(muted) == [one, of_site]
    assert list(rules.about(rules.RULES["clock"], now)) == [other, no_site]
    assert set(rules.among([one.pk, of_site.pk, other.pk], now)) == {other.pk}
    mine = maintenance.window_of(of_site, now)
    assert mine is not None
    assert mine.reason == "a new fuse"
    assert maintenance.window_of(other, now) is None


def test_metrics_count_whom_each_rule_finds_except_in_maintenance() -> None:
    now = timezone.now()
    for number in range(3):
        clock(make(f"CP-{number}"), now)
    window(-AGO, charge_point=ChargePoint.objects.get(identity="CP-0"))
    (family,) = gauges.gauges()
    counted = {sample.labels["rule"]: sample.value for sample in family.samples}
    assert counted == dict.fromkeys(rules.RULES, 0) | {"clock": 2}
