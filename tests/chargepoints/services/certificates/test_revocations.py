"""What was revoked opens nothing, from the moment on that the list says so."""

import logging
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from chargepoints.gateway import tls
from chargepoints.gateway.tls import Secured
from chargepoints.models import ChargePoint, SeenTls
from chargepoints.services.certificates import authority, chains, revocations
from chargepoints.services.certificates.gauges import gauges
from chargepoints.services.certificates.revocations import REVOKED_FILE
from tests.pki import Issued, Issuer, signing_request


@pytest.fixture(autouse=True)
def nothing_read_yet() -> None:
    revocations._kept.clear()


def certificate_of(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate.read_bytes())


@pytest.fixture
def listing(tmp_path: Path, settings: Settings) -> Issuer:
    """An issuer whose list the gateway looks at; it is empty."""
    issuer = Issuer(tmp_path, "Chargers")
    issuer.revoke()
    settings.REVOKED_CERTIFICATES = str(issuer.revoked)
    return issuer


def test_a_certificate_is_revoked_as_soon_as_the_list_says_so(listing: Issuer) -> None:
    one, other = listing.issue("BUS-1"), listing.issue("BUS-2")
    assert not revocations.is_revoked(certificate_of(one))
    listing.revoke(one)
    assert revocations.is_revoked(certificate_of(one))
    assert not revocations.is_revoked(certificate_of(other))
    listing.revoke(one, other)
    assert revocations.is_revoked(certificate_of(other))


def test_the_same_number_of_another_issuer_is_another_certificate(
    listing: Issuer, tmp_path: Path
) -> None:
    listing.revoke(one := listing.issue("BUS-1"))
    number = certificate_of(one).serial_number
    other = Issuer(tmp_path, "Others").issue("BUS-1", serial_number=number)
    assert not revocations.is_revoked(certificate_of(other))


def test_several_lists_may_stand_in_one_file(listing: Issuer, tmp_path: Path) -> None:
    others = Issuer(tmp_path, "Others")
    one, other = listing.issue("BUS-1"), others.issue("BUS-2")
    listing.revoke(one)
    others.revoke(other)
    both = listing.revoked.read_bytes() + others.revoked.read_bytes()
    listing.revoked.write_bytes(both)
    assert revocations.is_revoked(certificate_of(one))
    assert revocations.is_revoked(certificate_of(other))


@pytest.mark.expected_errors("cannot read the list of revoked certificates")
def test_what_was_revoked_stays_so_while_the_file_cannot_be_read(
    listing: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    listing.revoke(one := listing.issue("BUS-1"))
    assert revocations.is_revoked(certificate_of(one))
    for broken in (b"half a li", b""):
        listing.revoked.write_bytes(broken)
        assert revocations.is_revoked(certificate_of(one))
    listing.revoked.unlink()
    assert revocations.is_revoked(certificate_of(one))
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 1
    listing.revoke()
    assert not revocations.is_revoked(certificate_of(one))


def test_what_an_intermediate_issued_goes_with_it_when_its_root_revokes_it(
    listing: Issuer, tmp_path: Path, settings: Settings
) -> None:
    below, other = Issuer(tmp_path, "Depot", listing), Issuer(tmp_path, "Other depot", listing)
    one, two = below.issue("BUS-1"), other.issue("BUS-2")
    listing.revoke(below)
    # Who is above it is known by the file alone.
    assert not revocations.is_revoked(certificate_of(one))
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(other.root.read_bytes())
    settings.CHARGER_AUTHORITIES = str(authorities)
    assert not revocations.is_revoked(certificate_of(one))
    authorities.write_bytes(other.root.read_bytes() + below.root.read_bytes())
    assert revocations.is_revoked(certificate_of(one))
    assert not revocations.is_revoked(certificate_of(two))
    # While it is being written, those that were known stay so.
    authorities.write_bytes(b"half a certifi")
    assert revocations.is_revoked(certificate_of(one))


def test_an_authority_of_the_same_name_that_did_not_sign_is_not_above(
    listing: Issuer, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    one = certificate_of(listing.issue("BUS-1"))
    stranger = Issuer(tmp_path / "elsewhere", "Chargers")
    roots = [x509.load_pem_x509_certificate(each.root.read_bytes()) for each in (stranger, listing)]
    assert chains.above(one, roots) == roots[1:]
    assert chains.above(one, roots[:1]) == []


def test_when_the_first_list_is_over_is_told_to_prometheus(listing: Issuer, tmp_path: Path) -> None:
    listing.revoke(days=20)
    others = Issuer(tmp_path, "Others")
    others.revoke(days=5)
    both = listing.revoked.read_bytes() + others.revoked.read_bytes()
    listing.revoked.write_bytes(both)
    (family,) = gauges()
    (sample,) = family.samples
    assert 4.9 < (sample.value - time.time()) / 86_400 < 5


def test_without_a_list_nothing_is_over(settings: Settings) -> None:
    settings.REVOKED_CERTIFICATES = settings.CA_DIRECTORY = ""
    (family,) = gauges()
    assert family.samples == []


@pytest.mark.parametrize("profile", [1, 2, 3])
def test_a_charger_with_a_revoked_certificate_is_refused_whatever_its_profile(
    listing: Issuer, profile: int
) -> None:
    """2.0.1 A00.FR.702, FR.705."""
    issued = listing.issue("BUS-1")
    secured = Secured(True, "BUS-1", "Acme", certificate=certificate_of(issued))
    row = ChargePoint(identity="BUS-1")
    assert tls.missing(profile, secured, row) is None
    listing.revoke(issued)
    reason, _ = tls.missing(profile, secured, row) or ("", "")
    assert reason == "revoked_certificate"


@pytest.fixture
def own(tmp_path: Path, settings: Settings) -> Path:
    """The directory of the gateway's own authority."""
    settings.CA_DIRECTORY = str(tmp_path / "authority")
    call_command("create_authority")
    return tmp_path / "authority"


def signed(directory: Path, identity: str) -> x509.Certificate:
    found = authority.load(directory)
    assert found is not None
    chain = found.sign(signing_request(identity)[0], identity, "")
    return x509.load_pem_x509_certificate(chain.encode())


def test_the_own_authority_begins_with_an_empty_list_that_lasts_as_long_as_it(own: Path) -> None:
    (listed,) = revocations.read(own / REVOKED_FILE)
    found = authority.load(own)
    assert found is not None and len(listed) == 0
    assert listed.is_signature_valid(found.certificate.public_key())  # type: ignore[arg-type]
    assert listed.next_update_utc == found.certificate.not_valid_after_utc


@pytest.mark.django_db
def test_what_the_own_authority_signed_is_revoked_by_charger_number_or_file(
    own: Path, tmp_path: Path
) -> None:
    by_charger, by_number, by_file = (signed(own, f"BUS-{number}") for number in range(3))
    SeenTls.objects.create(
        charge_point=ChargePoint.objects.create(identity="BUS-0"),
        at=timezone.now(),
        certificate_serial=f"{by_charger.serial_number:x}",
        certificate_issuer=by_charger.issuer.rfc4514_string(),
    )
    file = tmp_path / "bus-2.pem"
    file.write_bytes(by_file.public_bytes(Encoding.PEM))
    numbers = []
    for arguments in (
        ["--charger", "bus-0"],
        ["--serial", f"{by_number.serial_number:x}"],
        ["--certificate", str(file)],
        ["--charger", "bus-0"],
    ):
        call_command("revoke_certificate", *arguments)
        (listed,) = revocations.read(own / REVOKED_FILE)
        numbers.append(listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    assert [revocations.is_revoked(each) for each in (by_charger, by_number, by_file)] == [True] * 3
    assert len(listed) == 3
    assert numbers[0] < numbers[1] < numbers[2] == numbers[3]


@pytest.mark.django_db
def test_what_others_have_issued_is_not_revoked_by_the_own_authority(
    own: Path, tmp_path: Path, settings: Settings
) -> None:
    foreign = Issuer(tmp_path, "Others").issue("BUS-1")
    with pytest.raises(CommandError, match="not by the gateway's own authority"):
        call_command("revoke_certificate", "--certificate", str(foreign.certificate))
    with pytest.raises(CommandError, match="never connected with a certificate"):
        call_command("revoke_certificate", "--charger", "BUS-1")
    with pytest.raises(CommandError, match="That is not a certificate"):
        call_command("revoke_certificate", "--serial", "no number")
    settings.CA_DIRECTORY = ""
    with pytest.raises(CommandError, match="Set CA_DIRECTORY"):
        call_command("revoke_certificate", "--serial", "1")
