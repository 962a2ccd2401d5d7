"""A client made of the OpenAPI document drives the gateway: what core's developers would do."""

import importlib
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests

from chargepoints.models import Event
from tests.operated import OperatedCharger
from tests.running_gateway import RunningGateway

NAME = "generated_gateway_client"

pytestmark = pytest.mark.services


@pytest.fixture
def generated(gateway: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a package NAME, made of what the running gateway says of itself."""
    with warnings.catch_warnings(action="ignore"):
        generator: Any = importlib.import_module("openapi_python_client")
        config: Any = importlib.import_module("openapi_python_client.config")
        document = tmp_path / "openapi.json"
        document.write_bytes(requests.get(f"{gateway.http}/openapi.json", timeout=30).content)
        problems = generator.generate(
            config=config.Config.from_sources(
                config.ConfigFile(post_hooks=[]),
                config.MetaType.NONE,
                document_source=document,
                file_encoding="utf-8",
                overwrite=False,
                output_path=tmp_path / NAME,
            )
        )
    assert [f"{each.header} {each.detail}" for each in problems] == []
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / NAME


def operation(path: str) -> Any:
    """A module of the generated package: one operation, `sync` sends it."""
    return importlib.import_module(f"{NAME}.api.{path}")


@pytest.mark.timeout(120)
async def test_a_generated_client_drives_the_gateway(
    gateway: RunningGateway, generated: Path, identity: str
) -> None:
    package = importlib.import_module(NAME)
    models = importlib.import_module(f"{NAME}.models")
    key = gateway.api_key()
    with package.AuthenticatedClient(base_url=gateway.http, token=key) as client:
        create = operation("charge_points.charge_points_create")
        body = models.ChargePointRequest(identity=identity, site="Generated", password="k" * 40)
        created = create.sync(client=client, body=body)
        assert (created.identity, created.connection.online) == (identity, False)
        again = create.sync_detailed(client=client, body=body)
        assert (again.status_code, again.parsed.code) == (409, "already_exists")

        # The key that was set is the one that opens the door.
        socket = await gateway.connect(identity, key="k" * 40)
        async with OperatedCharger(gateway, created, socket) as charger:
            listed = operation("charge_points.charge_points_list").sync(
                client=client, site="Generated", online=True
            )
            assert [each.identity for each in listed.results] == [identity]
            command = operation("charge_points.charge_points_commands_create").sync(
                identity,
                client=client,
                body=models.TriggerCommandRequest(
                    type_="trigger",
                    args=models.TriggerCommandRequestArgs(message="BootNotification"),
                ),
            )
            assert (command.type_, command.state) == ("trigger", models.CommandState.QUEUED)
            await charger.obey("TriggerMessage", {"status": "Accepted"})

        listing = operation("events.events_list")
        online = Event.objects.filter(charge_point__identity=identity, type="charge_point.online")
        while (position := online.get().position) is None:
            listing.sync(client=client, after=0)  # gives events their places, some at a time
        page = listing.sync(client=client, after=position - 1, type_="charge_point.online")
        (told,) = [event for event in page.results if event.charge_point == identity]
        assert isinstance(told, models.ChargePointOnlineEvent)
        assert (told.data.protocol, told.data.takeover) == ("ocpp1.6", False)
        refused = operation("transactions.transactions_retrieve").sync(999_999_999, client=client)
        assert refused.code == "not_found"
