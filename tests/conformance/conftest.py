"""The gateway behind nginx, for the cases that need TLS."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from chargepoints.services.certificates import authority
from tests.gateway_behind_nginx import GatewayBehindNginx


@pytest.fixture(scope="session")
def running_behind_nginx(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[GatewayBehindNginx]:
    directory = tmp_path_factory.mktemp("tls")
    own = directory / "authority"
    authority.create(own, "The gateway's own")
    with django_db_blocker.unblock():
        settings = {"CA_DIRECTORY": str(own), "OPERATOR_NAMES": "Nobody else, Acme"}
        gateway = GatewayBehindNginx("tls", directory, settings)
        gateway.trust(own / authority.CERTIFICATE_FILE)
        with gateway:
            yield gateway


@pytest.fixture
def behind_nginx(
    running_behind_nginx: GatewayBehindNginx,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[GatewayBehindNginx]:
    """The gateway behind TLS, with an authority of its own and no core."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The API is asked through the same proxy.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running_behind_nginx.root))
    with django_db_blocker.unblock(), running_behind_nginx.database():
        yield running_behind_nginx
