"""A00.FR.702, FR.705: certificates of chargers that were revoked, at nginx and the gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from chargepoints.models import HandshakeRefusal, SeenTls
from tests.fakes.charger import HandshakeRefusedError
from tests.gateway_behind_nginx import GatewayBehindNginx
from tests.pki import Issued, Issuer

pytestmark = pytest.mark.services


@pytest.fixture
def start(
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[GatewayBehindNginx, Issuer]]:
    """Not started yet; the gateway's list is another file than nginx's."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with django_db_blocker.unblock():
        gateway = GatewayBehindNginx("revoked", tmp_path, {})
        own = tmp_path / "gateways.pem"
        gateway.issuer.revoke(at=own)
        gateway.environment["REVOKED_CERTIFICATES"] = str(own)
        try:
            yield gateway, gateway.issuer
        finally:
            gateway.stop()


async def refused(gateway: GatewayBehindNginx, identity: str, issued: Issued) -> HandshakeRefusal:
    with pytest.raises(HandshakeRefusedError) as refusal:
        await gateway.connect(identity, key=None, tls=gateway.client(issued))
    assert refusal.value.status == 401
    return HandshakeRefusal.objects.get(identity=identity)


async def test_the_gateway_refuses_what_its_list_names_without_a_restart(
    start: tuple[GatewayBehindNginx, Issuer], tmp_path: Path
) -> None:
    gateway, issuer = start
    gateway.start()
    with gateway.database():
        issued = issuer.issue("BUS-1")
        gateway.register("BUS-1", key=None, security_profile=3)
        async with await gateway.connect("BUS-1", key=None, tls=gateway.client(issued)):
            seen = SeenTls.objects.get(charge_point__identity="BUS-1")
            assert seen.version == "TLSv1.3" and seen.suite.startswith("TLS_AES")
            assert seen.certificate_subject == "CN=BUS-1,O=Acme"
            assert seen.certificate_issuer == "CN=Chargers,O=Acme"
        issuer.revoke(issued, at=tmp_path / "gateways.pem")
        assert (await refused(gateway, "BUS-1", issued)).reason == "revoked_certificate"
        # Nobody else notices, and it gets in with another one.
        again = gateway.client(issuer.issue("BUS-1"))
        async with await gateway.connect("BUS-1", key=None, tls=again):
            pass


async def test_the_gateway_refuses_who_came_with_an_intermediate_that_was_revoked(
    start: tuple[GatewayBehindNginx, Issuer], tmp_path: Path
) -> None:
    """nginx hands on the first certificate of the chain that it has verified."""
    gateway, issuer = start
    below = Issuer(tmp_path, "Depot", issuer)
    gateway.environment["CHARGER_AUTHORITIES"] = str(below.root)
    gateway.start()
    with gateway.database():
        issued = below.issue("BUS-1")
        sent = issued.certificate.read_bytes() + below.root.read_bytes()
        issued.certificate.write_bytes(sent)
        gateway.register("BUS-1", key=None, security_profile=3)
        async with await gateway.connect("BUS-1", key=None, tls=gateway.client(issued)):
            seen = SeenTls.objects.get(charge_point__identity="BUS-1")
            assert seen.certificate_issuer == "CN=Depot,O=Acme"
        issuer.revoke(below, at=tmp_path / "gateways.pem")
        assert (await refused(gateway, "BUS-1", issued)).reason == "revoked_certificate"


async def test_nginx_refuses_what_its_list_names_and_staff_read_why(
    start: tuple[GatewayBehindNginx, Issuer], tmp_path: Path
) -> None:
    gateway, issuer = start
    issued, good = issuer.issue("BUS-1"), issuer.issue("BUS-2")
    issuer.revoke(issued, at=tmp_path / "revoked.pem")
    gateway.start()
    assert "ssl_crl" in (tmp_path / "gateway.conf").read_text()
    with gateway.database():
        for identity in ("BUS-1", "BUS-2"):
            gateway.register(identity, key=None, security_profile=3)
        row = await refused(gateway, "BUS-1", issued)
        assert (row.reason, "certificate revoked" in row.remedy) == ("bad_certificate", True)
        async with await gateway.connect("BUS-2", key=None, tls=gateway.client(good)):
            pass
