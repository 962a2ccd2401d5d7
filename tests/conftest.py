"""What every test gets: no unexpected error in the log; and what many ask for: a gateway."""

import contextlib
import gc
import itertools
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings

from tests import databases, event_schemas
from tests.fakes.core import FakeCore
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

# The same draws in every run; `--hypothesis-profile=thorough`, in `make faults`, draws others, and
# more of them.
hypothesis_settings.register_profile("steady", derandomize=True)
hypothesis_settings.register_profile("thorough", max_examples=400)
hypothesis_settings.load_profile("steady")


# The files that take longest: one that began last would leave all but one process idle.
FIRST = {
    "test_bounds.py",
    "test_delivery.py",
    "test_demo.py",
    "test_ftp.py",
    "test_killed_servers.py",
    "test_optional_fields.py",
    "test_poison.py",
    "test_serve.py",
    "test_silent_chargers.py",
    "test_workers.py",
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in FIRST)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been imported stays: looking through it for garbage took a fifth of all CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


@pytest.fixture(autouse=True)
def no_unexpected_error(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Fails a test in which an ERROR was logged that it did not announce.

    A test that provokes errors says which: `@pytest.mark.expected_errors("text in the message")`.
    """
    yield
    expected = expected_errors(request)
    unexpected = [
        f"{record.name}: {record.getMessage()}\n{record.exc_text or ''}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR
        and not any(text in record.getMessage() for text in expected)
    ]
    if unexpected:
        pytest.fail("unexpected errors were logged:\n" + "\n".join(unexpected), pytrace=False)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Instead of pytest-django's, which has every process migrate a database of its own."""
    directory = tmp_path_factory.mktemp("database")
    with django_db_blocker.unblock():
        _, name = databases.copy_of_template("tests", directory)
        with databases.looked_at(name), pytest.MonkeyPatch.context() as patch:
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.empty())
            yield


@pytest.fixture
def static_files(settings: Settings) -> None:
    """Clients of this test list the static files, which takes a while."""
    settings.WHITENOISE_AUTOREFRESH = False


def expected_errors(request: pytest.FixtureRequest) -> tuple[str, ...]:
    marker = request.node.get_closest_marker("expected_errors")
    return marker.args if marker else ()


CORE_TOKEN = "the-token-of-the-fake-core"
EVENTS_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

_numbers = itertools.count(1)


@pytest.fixture
def identity() -> str:
    """An identity no other test uses: the running gateway keeps its database between tests."""
    return f"CP-{os.getpid()}-{next(_numbers)}"


@pytest.fixture(scope="session")
def running_core() -> Iterator[FakeCore]:
    with FakeCore(token=CORE_TOKEN, secrets=[EVENTS_SECRET]) as core:
        yield core


@pytest.fixture
def core(running_core: FakeCore) -> Iterator[FakeCore]:
    """The fake core behind `gateway`, without faults."""
    running_core.faults.clear()
    running_core.decisions.vendors.clear()
    yield running_core
    running_core.faults.clear()


@pytest.fixture(scope="session")
def running_gateway(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    running_core: FakeCore,
) -> Iterator[RunningGateway]:
    environment = {
        "CORE_URL": running_core.url,
        "CORE_TOKEN": CORE_TOKEN,
        "EVENTS_SECRETS": EVENTS_SECRET,
        "OCSP_RESPONDERS": "127.0.0.1",
    }
    with (
        django_db_blocker.unblock(),
        RunningGateway("shared", tmp_path_factory.mktemp("gateway"), environment) as gateway,
    ):
        yield gateway


@pytest.fixture
def gateway(
    running_gateway: RunningGateway,
    core: FakeCore,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[RunningGateway]:
    """A real server with a fake core; the ORM of the test looks at its database.

    What the server logs as an ERROR fails the test like an error in its own process.
    """
    # Tests are coroutines that look at rows; nothing else waits for their event loop.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    before = running_gateway.log.stat().st_size
    with django_db_blocker.unblock(), running_gateway.database(), event_schemas.held_true():
        yield running_gateway
    expected = expected_errors(request)
    logged = running_gateway.errors(after=before)
    unexpected = [line for line in logged if not any(text in line for text in expected)]
    if unexpected:
        pytest.fail("the server logged errors:\n" + "\n".join(unexpected), pytrace=False)


@pytest_asyncio.fixture
async def station(gateway: RunningGateway, identity: str) -> AsyncIterator[OperatedStation]:
    """OCPP 2.0.1: connected with a password, its boot accepted, its connector available."""
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.connector_is("Available")
        yield station


@pytest.fixture
def start_gateway(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., RunningGateway]]:
    """Start one more gateway with other settings; the ORM looks at the last one started.

    A test that fails shows what its gateways have logged.
    """
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

    def show(gateway: RunningGateway) -> None:
        request.node.add_report_section("teardown", gateway.log.name, gateway.log_tail())

    with contextlib.ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())

        def start(beside: RunningGateway | None = None, **environment: str) -> RunningGateway:
            name = f"own{next(_numbers)}"
            directory = tmp_path_factory.mktemp("gateway")
            gateway = RunningGateway(name, directory, environment, beside)
            stack.callback(show, gateway)
            stack.enter_context(gateway)
            stack.enter_context(gateway.database())
            if beside is None:
                stack.enter_context(event_schemas.held_true())
            return gateway

        yield start
