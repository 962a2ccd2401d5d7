"""Which charge points run older firmware than most of their model."""

import pytest

from chargepoints.models import ChargePoint
from chargepoints.services.stations import firmware_versions
from tests.chargepoints.admin.conftest import make

pytestmark = pytest.mark.django_db


def behind() -> list[str]:
    found = ChargePoint.objects.filter(firmware_versions.Versions().behind())
    return list(found.values_list("identity", flat=True))


def test_older_is_told_by_numbers() -> None:
    versions = ["10.0", "2.0-rc1", "1.10.1", "1.10", "1.9", ""]
    in_order = ["", "1.9", "1.10", "1.10.1", "2.0-rc1", "10.0"]
    assert sorted(versions, key=firmware_versions.order) == in_order


def test_who_runs_older_firmware_than_most_of_its_model_is_behind() -> None:
    make("A-1", firmware_version="1.9")
    for number in (2, 3):
        make(f"A-{number}", firmware_version="1.10")
    make("A-4", firmware_version="2.0")
    make("B-1", model="Post", firmware_version="0.1")
    make("C-1", vendor="Other", firmware_version="0.1")
    make("A-5")
    assert behind() == ["A-1"]


def test_of_two_versions_that_are_as_frequent_the_newer_is_the_usual_one() -> None:
    make("A-1", firmware_version="1.9")
    make("A-2", firmware_version="1.10")
    assert behind() == ["A-1"]
    versions = firmware_versions.Versions()
    assert versions.usual_of(ChargePoint.objects.get(identity="A-1")) == "1.10"
