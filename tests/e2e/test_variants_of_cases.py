"""The certification cases in other variants, by the client of the `ocpp` package, in each version.

Other EVSEs, two at once, another order, offline and late, lost in the middle: what the tests of the
cases play in one way, is played here in another. Core sees the same of every version.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from chargepoints.models import Command, Connector, Event, Message, Reservation
from chargepoints.protocol.versions import installed_versions
from tests.e2e.independent_clients import ENERGY, Client, Client16, Client201, element
from tests.fakes.charger import RawCharger
from tests.fakes.core import FakeCore
from tests.operated import Payload, at, eventually
from tests.running_gateway import RunningGateway

PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
# Wh, by the phases alone.
PHASES = ("L1", "L2", "L3")


@pytest_asyncio.fixture(params=PROTOCOLS)
async def client(
    gateway: RunningGateway, identity: str, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    version = installed_versions()[request.param]
    row = gateway.register(identity, proactive=False)
    made = (Client16 if version.assumed else Client201)(gateway, row, cast(RawCharger, None))
    made.version = version
    await made.open()
    await made.boot()
    for evse in (1, 2):
        await made.status(evse, "Available")
    yield made
    await made.shut()


async def test_two_evses_charge_at_once_and_end_in_the_other_order(client: Client) -> None:
    one = await client.begin(1, "CARD-1", 1000, ago=50)
    two = await client.begin(2, "CARD-2", 5000, ago=45)
    for number, ago in enumerate((40, 30, 20), 1):
        await client.sample(1, one, [{"value": 1000 + 100 * number, "measurand": ENERGY}], ago)
        phases = [
            {"value": (5000 + 30 * number) / 3, "measurand": ENERGY, "phase": phase}
            for phase in PHASES
        ]
        power = [
            {"value": 1200 + number, "measurand": "Power.Active.Import", "phase": phase}
            for phase in PHASES
        ]
        await client.sample(2, two, [*phases, *power], ago)
    assert [client.of(each).meter_latest_wh for each in (one, two)] == [1300, pytest.approx(5090)]
    assert client.of(two).meter_values.latest("sampled_at").power_w == 3609
    await client.end(2, two, 5100, ago=10, token="CARD-2")
    assert client.of(one).ended_at is None
    await client.end(1, one, 1400, ago=5, token="CARD-1")
    assert [client.of(each).energy_wh for each in (one, two)] == [400, 100]
    assert [client.of(each).deviations for each in (one, two)] == [[], []]
    assert [event.data["transaction_id"] for event in client.events("transaction.ended")] == [
        two,
        one,
    ]


async def test_a_transaction_of_yesterday_that_is_told_late_leaves_the_live_one_alone(
    client: Client,
) -> None:
    live = await client.begin(1, "CARD-1", 9000, ago=20)
    await client.sample(1, live, [{"value": 9100, "measurand": ENERGY}], ago=15)
    day = 86_400
    late = await client.begin(1, "CARD-2", 1000, ago=day)
    await client.sample(1, late, [{"value": 1500, "measurand": ENERGY}], ago=day - 600)
    await client.end(1, late, 2000, ago=day - 1200, token="CARD-2")
    row, old = client.of(live), client.of(late)
    assert (row.ended_at, row.meter_latest_wh, row.deviations) == (None, 9100, [])
    assert (old.energy_wh, old.id_token, old.offline) == (1000, "CARD-2", True)
    told = client.events("transaction.started", "transaction.ended")
    assert [(each.data["transaction_id"], each.backfill) for each in told] == [
        (live, False),
        (late, True),
        (late, True),
    ]
    await client.end(1, live, 9500, token="CARD-1")
    assert client.of(live).energy_wh == 500


async def test_another_token_of_the_group_ends_a_transaction(
    client: Client, core: FakeCore
) -> None:
    # Of others, core's word may be known by now.
    one, two = (f"GROUP-{client.row.pk}-{number}" for number in (1, 2))
    for token in (one, two):
        core.decisions.tokens[token] = {"status": "accepted", "group_id_token": "FLEET"}
    tx = await client.begin(2, one, 1000, ago=20)
    info = await client.end(2, tx, 1200, token=two)
    group = info.get("parent_id_tag") or info["group_id_token"]["id_token"]
    assert (info["status"], group) == ("Accepted", "FLEET")
    row = client.of(tx)
    assert (row.id_token, row.energy_wh, row.stop_id_token) == (one, 200, two)


async def test_a_start_on_the_second_evse_while_the_first_one_charges(client: Client) -> None:
    one = await client.begin(1, "CARD-1", 1000, ago=20)
    args = {"id_token": {"value": "CARD-2", "type": "Central"}, "evse_id": 2}
    waiting = asyncio.create_task(client.wants("start", args, wait="effect"))
    await eventually(
        lambda: {"RemoteStartTransaction", "RequestStartTransaction"} & {*client.asked}
    )
    action = "RemoteStartTransaction" if client.version.assumed else "RequestStartTransaction"
    remotely = client.asked[action].get("remote_start_id", 0)
    two = await client.begin(2, "CARD-2", 50, remotely=remotely)
    command = await waiting
    assert command["state"] == "effect_confirmed", command
    assert Command.objects.get(pk=command["id"]).transaction == client.of(two)
    stopped = await client.wants("stop", {"transaction_id": one})
    assert stopped["state"] == "accepted"
    await client.end(1, one, 1100, reason="Remote")
    found = Command.objects.filter(pk=stopped["id"], finished_at__isnull=False)
    (row,) = await eventually(lambda: list(found.all()))
    assert row.state == "effect_confirmed"
    assert client.of(two).ended_at is None


async def test_a_reset_in_the_middle_of_two_transactions_that_are_told_of_after_the_boot(
    client: Client,
) -> None:
    one = await client.begin(1, "CARD-1", 1000, ago=50)
    two = await client.begin(2, "CARD-2", 2000, ago=45)
    command = await client.wants("reset", {"type": "immediate"})
    assert command["state"] == "accepted", command
    reason = "HardReset" if client.version.assumed else "ImmediateReset"
    await client.end(1, one, 1100, reason=reason)
    client.cut()
    await client.open()
    await client.boot()
    await client.status(2, "Available")
    await client.end(2, two, 2200, ago=30, reason=reason)
    row = Command.objects.get(pk=command["id"])
    assert row.state == "effect_confirmed", row.error_detail
    for tx, energy in ((one, 100), (two, 200)):
        assert (client.of(tx).energy_wh, client.of(tx).stop_reason) == (
            energy,
            client.of(one).stop_reason,
        )
        assert client.of(tx).deviations == []


async def test_each_evse_has_its_own_limit_and_a_profile_of_a_transaction_goes_with_it(
    client: Client,
) -> None:
    one = await client.begin(1, "CARD-1", 1000, ago=20)
    two = await client.begin(2, "CARD-2", 1000, ago=20)
    for evse, tx, limit in ((1, one, 10), (2, two, 13)):
        profile = {
            "purpose": "transaction",
            "transaction_id": tx,
            "stack_level": 1,
            "kind": "relative",
            "unit": "A",
            "periods": [{"start_s": 0, "limit": limit}, {"start_s": 600, "limit": 32}],
        }
        command = await client.wants("set_charging_profile", {"evse_id": evse, "profile": profile})
        assert command["state"] == "accepted", command
    profiles = (await client.http("GET", "charging-profiles")).json()["results"]
    assert len(profiles) == 2, profiles
    await client.end(1, one, 1100)
    profiles = (await client.http("GET", "charging-profiles")).json()["results"]
    assert [each["evse_id"] for each in profiles] == [2], profiles


async def test_a_reservation_of_the_second_evse_is_used_by_its_token_there_alone(
    client: Client,
) -> None:
    expires = at(hours=-1)
    made = await client.wants(
        "reserve",
        {"id_token": {"value": "CARD-2", "type": "Central"}, "evse_id": 2, "expires_at": expires},
    )
    assert made["state"] in ("accepted", "effect_confirmed"), made
    reservation = Reservation.objects.get(charge_point=client.row)
    await client.status(2, "Reserved")
    await client.begin(1, "CARD-1", 100)
    reservation.refresh_from_db()
    assert reservation.state == "active"
    tx = await client.begin(2, "card-2", 100, reservationId=reservation.reservation_id)
    reservation.refresh_from_db()
    assert reservation.state == "used", reservation.state
    assert client.of(tx).reservation_id == reservation.reservation_id


async def test_firmware_that_tells_its_steps_out_of_order_ends_its_update_once(
    client: Client,
) -> None:
    command = await client.wants("update_firmware", {"location": "https://example.com/f.bin"})
    assert command["state"] == "accepted", command
    asked = client.asked["UpdateFirmware"]
    number = {} if client.version.assumed else {"requestId": asked["request_id"]}
    for status in ("Downloading", "Downloaded", "Installed", "Installing", "Installed"):
        await client.tell("FirmwareStatusNotification", {"status": status} | number)
    row = Command.objects.get(pk=command["id"])
    assert row.state == "effect_confirmed", (row.state, row.error_detail)
    assert (
        len(
            [
                each
                for each in client.events("command.finished")
                if each.data["command_id"] == str(row.pk)
            ]
        )
        == 1
    )


async def test_a_log_of_another_request_ends_nothing(client: Client) -> None:
    command = await client.wants("get_log", {"log": "security"})
    assert command["state"] == "accepted", command
    number = client.asked["GetLog"]["request_id"]
    await client.tell("LogStatusNotification", {"status": "Uploading", "requestId": number})
    await client.tell("LogStatusNotification", {"status": "UploadFailure", "requestId": number + 7})
    assert Command.objects.get(pk=command["id"]).finished_at is None
    await client.tell("LogStatusNotification", {"status": "UploadFailure", "requestId": number})
    row = Command.objects.get(pk=command["id"])
    assert row.state == "no_effect", row.state


# 1.6 has no id before its start is answered.
@pytest.mark.parametrize("client", PROTOCOLS[1:], indirect=True)
async def test_the_end_before_the_start_and_a_status_before_both(client: Client) -> None:
    """Out of a queue that a station empties from its end."""
    assert isinstance(client, Client201)
    where = {"evse": {"id": 2, "connectorId": 1}}
    await client.status(2, "Occupied")
    token = {"idToken": {"idToken": "CARD-2", "type": "Central"}}
    events: list[tuple[str, int, float, Payload]] = [
        ("Ended", 2, 10, {"meterValue": [element(1500, "Transaction.End", 10)]}),
        ("Updated", 1, 20, {"meterValue": [element(1200, "Sample.Periodic", 20)]}),
        (
            "Started",
            0,
            30,
            {"meterValue": [element(1000, "Transaction.Begin", 30)], **where, **token},
        ),
    ]
    for kind, number, ago, more in events:
        client._numbers["T"] = number - 1
        await client.event(kind, "T", "Trigger", ago, more)
    row = client.of("T")
    assert (row.energy_wh, row.evse_id, row.id_token, row.orphan) == (500, 2, "CARD-2", False)


async def test_nothing_odd_was_noted_of_any_of_it(client: Client) -> None:
    tx = await client.begin(2, "C" * 20, 1000, ago=20)
    await client.sample(2, tx, [{"value": 1000.5, "measurand": ENERGY}], ago=10)
    if client.version.assumed:
        await client.status(0, "Available")
    await client.end(2, tx, 1100)
    messages = Message.objects.filter(charge_point=client.row)
    assert [(each.action, each.deviations) for each in messages if each.deviations] == []
    assert Connector.objects.filter(evse__charge_point=client.row).count() == 2
    assert Event.objects.filter(charge_point=client.row, type="transaction.ended").count() == 1


async def test_a_start_that_names_no_evse_has_its_effect_wherever_it_begins(client: Client) -> None:
    await client.begin(1, "CARD-1", 1000, ago=20)
    args = {"id_token": {"value": "CARD-9", "type": "Central"}}
    command = await client.wants("start", args)
    assert command["state"] == "accepted", command
    action = "RemoteStartTransaction" if client.version.assumed else "RequestStartTransaction"
    remotely = client.asked[action].get("remote_start_id", 0)
    tx = await client.begin(2, "card-9", 50, remotely=remotely)
    row = Command.objects.get(pk=command["id"])
    assert (row.state, row.transaction) == ("effect_confirmed", client.of(tx))


async def test_an_evse_that_is_to_be_closed_after_its_transaction_is_closed_then(
    client: Client,
) -> None:
    tx = await client.begin(2, "CARD-2", 1000, ago=20)
    command = await client.wants("set_availability", {"evse_id": 2, "availability": "inoperative"})
    assert command["state"] in ("accepted", "effect_confirmed"), command
    await client.end(2, tx, 1100)
    await client.status(2, "Unavailable")
    connectors = Connector.objects.filter(evse__charge_point=client.row)
    states = dict(connectors.values_list("evse__evse_id", "status"))
    assert states == {1: "available", 2: "unavailable"}


async def test_the_same_token_in_two_places_at_once_is_two_transactions(client: Client) -> None:
    one = await client.begin(1, "CARD-7", 1000, ago=20)
    two = await client.begin(2, "CARD-7", 1000, ago=20)
    assert (client.of(one).evse_id, client.of(two).evse_id) == (1, 2)
    await client.end(1, one, 1300, token="CARD-7")
    await client.end(2, two, 1500, token="CARD-7")
    assert [client.of(each).energy_wh for each in (one, two)] == [300, 500]


async def test_a_transaction_without_any_energy_ends_with_none(client: Client) -> None:
    tx = await client.begin(2, "CARD-2", 0, ago=20)
    await client.end(2, tx, 0, reason="EVDisconnected")
    row = client.of(tx)
    assert (row.energy_wh, row.deviations) == (0, [])


async def test_what_was_sampled_offline_comes_after_the_end_and_before_the_next_start(
    client: Client,
) -> None:
    one = await client.begin(1, "CARD-1", 1000, ago=50)
    await client.end(1, one, 2000, ago=20)
    await client.sample(1, one, [{"value": 1500, "measurand": ENERGY}], ago=30)
    two = await client.begin(1, "CARD-2", 2000, ago=10)
    await client.sample(1, one, [{"value": 1700, "measurand": ENERGY}], ago=25)
    await client.sample(1, two, [{"value": 2100, "measurand": ENERGY}], ago=5)
    assert (client.of(one).energy_wh, client.of(one).meter_values.count()) == (
        1000,
        2 if client.version.assumed else 4,
    )
    assert client.of(two).meter_latest_wh == 2100
    assert client.of(two).ended_at is None


async def test_many_measurands_phases_and_places_of_one_moment_are_read_as_one(
    client: Client,
) -> None:
    tx = await client.begin(2, "CARD-2", 1000, ago=20)
    volts, amps = "Voltage", "Current.Import"
    samples = [{"value": 1200, "measurand": ENERGY}]
    samples += [{"value": 400, "measurand": ENERGY, "phase": phase} for phase in PHASES]
    samples += [{"value": 230 + n, "measurand": volts, "phase": f"L{n}-N"} for n in (1, 2, 3)]
    samples += [{"value": 10 + n, "measurand": amps, "phase": f"L{n}"} for n in (1, 2, 3)]
    samples += [{"value": 32, "measurand": "Current.Offered"}, {"value": 55, "measurand": "SoC"}]
    samples += [{"value": 49.9, "measurand": "Frequency", "location": "Body"}]
    samples += [{"value": 7000, "measurand": "Power.Active.Import", "location": "Inlet"}]
    samples += [{"value": 6900, "measurand": "Power.Active.Import", "location": "Outlet"}]
    await client.sample(2, tx, samples, ago=10)
    row = client.of(tx).meter_values.latest("sampled_at")
    assert (row.energy_wh, row.power_w, row.current_a, row.voltage_v, row.soc_percent) == (
        1200,
        6900,
        13,
        233,
        55,
    )


async def test_a_deauthorized_offline_transaction_is_kept_and_told_as_such(
    client: Client, core: FakeCore
) -> None:
    token = f"BAD-{client.row.pk}"
    core.decisions.tokens[token] = {"status": "blocked"}
    tx = await client.begin(2, token, 1000, ago=3600)
    await client.end(2, tx, 1010, ago=3500, reason="DeAuthorized")
    row = client.of(tx)
    assert (row.energy_wh, row.authorization_status) == (10, "blocked")
    (ended,) = client.events("transaction.ended")
    assert (ended.backfill, ended.data["authorization_status"]) == (True, "blocked")


async def test_a_reservation_that_is_cancelled_or_over_is_used_by_nobody(client: Client) -> None:
    card = {"value": "CARD-2", "type": "Central"}
    made = await client.wants("reserve", {"id_token": card, "expires_at": at(hours=-1)})
    assert made["state"] in ("accepted", "effect_confirmed"), made
    reservation = Reservation.objects.get(charge_point=client.row)
    gone = await client.wants("cancel_reservation", {"reservation_id": reservation.reservation_id})
    assert gone["state"] in ("accepted", "effect_confirmed"), gone
    tx = await client.begin(2, "CARD-2", 100)
    reservation.refresh_from_db()
    assert (reservation.state, client.of(tx).ended_at) == ("cancelled", None)


async def test_an_update_of_firmware_that_fails_says_how(client: Client) -> None:
    command = await client.wants("update_firmware", {"location": "https://example.com/f.bin"})
    asked = client.asked["UpdateFirmware"]
    number = {} if client.version.assumed else {"requestId": asked["request_id"]}
    for status in ("Downloading", "DownloadFailed", "Idle"):
        await client.tell("FirmwareStatusNotification", {"status": status} | number)
    row = Command.objects.get(pk=command["id"])
    assert (row.state, row.error_code) == ("no_effect", "DownloadFailed"), row.error_code
