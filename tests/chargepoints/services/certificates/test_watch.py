"""The certificate watch: who would not come in any more, when, and why."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chargepoints.gateway import seen_tls
from chargepoints.gateway.tls import Secured
from chargepoints.models import ChargePoint, InstalledCertificate, SeenTls
from chargepoints.services.certificates import watch
from chargepoints.services.certificates.installed_certificates import hash_data, replace_known
from chargepoints.services.certificates.watch import Change
from tests.pki import Issued, Issuer

pytestmark = pytest.mark.django_db

ECDSA, RSA, NEW = "ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def came(identity: str, suite: str = NEW, issued: Issued | None = None) -> ChargePoint:
    """A charge point whose handshake was like this."""
    row = ChargePoint.objects.create(identity=identity)
    certificate = read(issued.certificate) if issued else None
    version = "TLSv1.3" if suite == NEW else "TLSv1.2"
    secured = Secured(True, identity, version=version, suite=suite, certificate=certificate)
    seen_tls.note(row.pk, secured, timezone.now())
    return row


def falls(change: Change | None = None, days: int = 365) -> dict[str, str]:
    answer = watch.look(change or Change(), timezone.now() + timedelta(days=days))
    return {fall.identity: fall.why for fall in answer.falls}


def test_what_is_seen_of_a_charge_point_is_what_was_last_and_written_where_it_is_new(
    tmp_path: Path,
) -> None:
    row = came("BUS-1", RSA)
    seen = SeenTls.objects.get(charge_point=row)
    assert (seen.version, seen.suite, seen.certificate_serial) == ("TLSv1.2", RSA, "")
    soon, later = seen.at + timedelta(minutes=50), seen.at + timedelta(minutes=70)
    same = Secured(True, version="TLSv1.2", suite=RSA)
    for now, noted in ((soon, seen.at), (later, later)):
        seen_tls.note(row.pk, same, now)
        assert SeenTls.objects.get(charge_point=row).at == noted
    certificate = read(Issuer(tmp_path, "Chargers").issue("BUS-1").certificate)
    seen_tls.note(row.pk, Secured(True, suite=NEW, certificate=certificate), soon)
    seen.refresh_from_db()
    assert (seen.suite, seen.certificate_issuer) == (NEW, "CN=Chargers,O=Acme")
    assert int(seen.certificate_serial, 16) == certificate.serial_number
    assert seen.certificate_expires_at == certificate.not_valid_after_utc


def test_who_comes_without_tls_is_not_seen() -> None:
    row = ChargePoint.objects.create(identity="BUS-1")
    seen_tls.note(row.pk, Secured(), timezone.now())
    assert not SeenTls.objects.exists()


def test_a_certificate_that_expires_shuts_its_charger_out_that_day(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, "Chargers")
    came("SOON", issued=issuer.issue("SOON", days=20))
    came("LATE", issued=issuer.issue("LATE", days=25))
    came("NONE")
    assert list(falls(days=22)) == ["SOON"]
    assert list(falls(days=30)) == ["SOON", "LATE"]


def test_another_authority_shuts_out_whose_certificates_it_did_not_issue(tmp_path: Path) -> None:
    old, new = Issuer(tmp_path, "Old"), Issuer(tmp_path, "New")
    came("OLD", issued=old.issue("OLD"))
    came("NEW", issued=new.issue("NEW"))
    came("PASSWORD")
    found = falls(Change(authorities=[read(new.root)]), days=1)
    assert list(found) == ["OLD"] and "CN=Old" in found["OLD"]
    assert falls(Change(authorities=[read(new.root), read(old.root)]), days=1) == {}
    # The authority of both ends after 30 days.
    both = [read(new.root), read(old.root)]
    assert len(falls(Change(authorities=both), days=40)) == 2


def test_a_certificate_of_an_intermediate_counts_to_the_root_that_is_known_above_it(
    tmp_path: Path, settings: Settings
) -> None:
    root, new = Issuer(tmp_path, "Root"), Issuer(tmp_path, "New")
    below = Issuer(tmp_path, "Depot", root, days=20)
    came("BELOW", issued=below.issue("BELOW", days=300))
    assert list(falls(Change(authorities=[read(root.root)]), days=1)) == ["BELOW"]
    settings.CHARGER_AUTHORITIES = str(below.root)
    assert falls(Change(authorities=[read(root.root)]), days=1) == {}
    assert "CN=Depot" in falls(Change(authorities=[read(new.root)]), days=1)["BELOW"]
    # The intermediate ends before its root does, whatever is trusted.
    for change in (Change(authorities=[read(root.root)]), None):
        assert falls(change, days=15) == {}
        assert "authority" in falls(change, days=25)["BELOW"]


def test_a_server_with_another_kind_of_key_shuts_out_whose_suite_needs_the_old_one(
    tmp_path: Path,
) -> None:
    for identity, suite in (("ECDSA", ECDSA), ("RSA", RSA), ("NEW", NEW)):
        came(identity, suite)
    servers = Issuer(tmp_path, "Servers")
    of_rsa = [read(servers.issue("connect.example.com", rsa_key=True).certificate)]
    of_ec = [read(servers.issue("connect.example.com").certificate)]
    assert list(falls(Change(server=of_rsa), days=1)) == ["ECDSA"]
    assert list(falls(Change(server=of_ec), days=1)) == ["RSA"]
    # After ten days nobody takes it any more.
    assert list(falls(Change(server=of_rsa), days=11)) == ["ECDSA", "NEW", "RSA"]


def has_root(row: ChargePoint, root: Path, algorithm: str = "SHA256") -> None:
    listed = {"use": "csms_root"} | hash_data(read(root), read(root), algorithm)
    replace_known(row.pk, [], [listed], timezone.now())


def test_a_server_under_another_root_shuts_out_who_has_not_installed_that(tmp_path: Path) -> None:
    old, new = Issuer(tmp_path, "Old root"), Issuer(tmp_path, "New root")
    has_root(came("OLD"), old.root)
    has_root(came("NEW"), new.root, "SHA512")
    came("SILENT")
    issued = read(new.issue("connect.example.com").certificate)
    for chain in ([issued], [issued, read(new.root)]):
        answer = watch.look(Change(server=chain), timezone.now())
        assert [fall.identity for fall in answer.falls] == ["OLD"]
        assert [identity for _, identity in answer.unknown] == ["SILENT"]


def test_the_command_tells_it_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = Issuer(tmp_path, "Chargers")
    came("SOON", issued=issuer.issue("SOON", days=20))
    came("SILENT", RSA)
    server = Issuer(tmp_path, "Servers").issue("connect.example.com", days=200)
    call_command("certificate_watch", server=server.certificate, authorities=issuer.root)
    told = capsys.readouterr()
    lines = [line.split("\t")[:2] for line in told.out.splitlines()]
    assert lines[0] == ["at once", "SILENT"]
    assert lines[1][1] == "SOON" and lines[1][0].startswith("20")
    assert {tuple(line) for line in lines[2:]} == {("unknown", "SILENT"), ("unknown", "SOON")}
    assert "2 of 2" in told.err


def test_the_page_shows_who_comes_how_and_what_a_change_would_do(
    admin_client: Client, tmp_path: Path
) -> None:
    issuer = Issuer(tmp_path, "Chargers")
    came("SOON", issued=issuer.issue("SOON", days=20))
    came("OLD", RSA)
    url = "/admin/chargepoints/seentls/watch/"
    page = admin_client.get(url).content.decode()
    assert RSA in page and NEW in page and "CN=Chargers,O=Acme" in page
    assert "1 of 2 that connected over TLS" in page
    server = Issuer(tmp_path, "Servers").issue("connect.example.com", days=200)
    asked = {"server": server.certificate.read_text(), "authorities": "", "days": "5"}
    page = admin_client.post(url, asked).content.decode()
    assert f"it used {RSA}" in page and "at once" in page
    assert "For 2 it is unknown" in page
    wrong = admin_client.post(url, asked | {"server": "nonsense", "days": "x"}).content.decode()
    assert "This is not a list of certificates in PEM." in wrong


def test_the_page_costs_a_bounded_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        came(f"BUS-{number}")
        InstalledCertificate.objects.all()
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert admin_client.get("/admin/chargepoints/seentls/watch/").status_code == 200
