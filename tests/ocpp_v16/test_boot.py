"""BootNotification and Heartbeat (1.6, 4.2 and 4.6)."""

from datetime import UTC, datetime

from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger
from tests.running_gateway import RunningGateway


async def test_a_boot_is_accepted_with_the_time_and_cores_interval(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        answer = await cp.call("BootNotification", BOOT_16)
        assert (answer["status"], answer["interval"]) == ("Accepted", 60)
        told = datetime.fromisoformat(answer["currentTime"])
        assert abs((datetime.now(UTC) - told).total_seconds()) < 30
        known = cp.known()
        assert (known.vendor, known.model) == ("Acme", "Wall 22")
        assert (known.serial_number, known.firmware_version) == ("SN-1", "1.0")
        assert known.boot_accepted_at is not None
        (event,) = cp.events("charge_point.booted")
        assert event.data["registration"] == "accepted"


async def test_the_box_serial_number_counts_where_the_point_has_none(
    gateway: RunningGateway, identity: str
) -> None:
    payload = {"chargePointVendor": "A", "chargePointModel": "B", "chargeBoxSerialNumber": "BOX"}
    async with await OperatedCharger.connect(gateway, identity, boot=payload) as cp:
        assert cp.known().serial_number == "BOX"


async def test_a_boot_that_core_leaves_pending_is_told_so(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 30}
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        answer = await cp.call("BootNotification", BOOT_16)
        assert (answer["status"], answer["interval"]) == ("Pending", 30)
        assert cp.known().boot_accepted_at is None


async def test_a_rejected_charge_point_is_told_so(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.boots[identity] = {"status": "rejected", "interval_s": 300}
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Rejected"


async def test_a_pending_charge_point_is_configured_and_charges_nothing(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    """1.6, 4.2; what it tells of energy is kept all the same."""
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 30}
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        await cp.call("BootNotification", BOOT_16)
        key = {"key": "HeartbeatInterval", "readonly": False, "value": "30"}
        _, command = await cp.command(
            "get_configuration", {}, "GetConfiguration", {"configurationKey": [key]}
        )
        assert command["state"] == "accepted"
        assert (await cp.post("reset", {})).json()["state"] == "queued"
        authorized = await cp.call("Authorize", {"idTag": "TAG"})
        assert authorized["idTagInfo"]["status"] == "Invalid"
        started = await cp.start("TAG")
        assert started["transactionId"] > 0
        assert started["idTagInfo"]["status"] == "Invalid"
        core.decisions.boots[identity] = {"status": "accepted"}
        await cp.call("BootNotification", BOOT_16)
        authorized = await cp.call("Authorize", {"idTag": "TAG"})
        assert authorized["idTagInfo"]["status"] == "Accepted"


async def test_what_is_told_before_the_boot_is_decided_where_the_charger_is_registered(
    gateway: RunningGateway, identity: str
) -> None:
    for registration, verdict in (("accepted", "Accepted"), ("rejected", "Invalid")):
        name = f"{identity}-{registration}"
        new = OperatedCharger.connect(gateway, name, boot=None, registration=registration)
        async with await new as cp:
            assert (await cp.start("TAG"))["idTagInfo"]["status"] == verdict


async def test_the_registration_decides_while_core_is_down(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.fail(path="/boot", status=500)
    pending = await OperatedCharger.connect(
        gateway, identity, boot=None, registration="pending", heartbeat_interval=77
    )
    async with pending as cp:
        answer = await cp.call("BootNotification", BOOT_16)
        assert (answer["status"], answer["interval"]) == ("Pending", 77)


async def test_a_second_boot_on_the_same_socket_is_served(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("BootNotification", BOOT_16 | {"firmwareVersion": "2.0"})
        assert cp.known().firmware_version == "2.0"


async def test_a_heartbeat_is_answered_with_the_time(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.call("Heartbeat", {})
        assert answer["currentTime"].endswith("Z") and "." not in answer["currentTime"]


async def test_a_status_before_the_boot_is_served(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        await cp.status(0, "Available")
        assert cp.known().status == "available"


async def test_before_the_boot_a_strict_charge_point_is_served_what_it_was_asked_for(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    """OCPP-J errata 3.10: SecurityError; 4.2: unless it was triggered."""
    core.decisions.boots[identity] = {"status": "pending", "interval_s": 30}
    async with await OperatedCharger.connect(gateway, identity, boot=None, strict=True) as cp:
        assert await cp.refused("Heartbeat", {}) == "SecurityError"
        assert (await cp.call("BootNotification", BOOT_16))["status"] == "Pending"
        assert await cp.refused("Heartbeat", {}) == "SecurityError"
        accepted = {"status": "Accepted"}
        await cp.command("trigger", {"message": "Heartbeat"}, "TriggerMessage", accepted)
        assert "currentTime" in await cp.call("Heartbeat", {})


async def test_a_reconnect_without_a_boot_is_served_and_commanded(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.reconnect()
        await cp.call("Heartbeat", {})
        _, command = await cp.command("reset", {}, "Reset", {"status": "Accepted"})
        assert command["state"] == "accepted"
