"""The simulated OCPP 1.6 charge point: the messages it sends."""

from typing import Any, ClassVar

from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import AuthorizationStatus, ChargePointErrorCode, ReadingContext, Reason
from websockets.asyncio.client import ClientConnection

from tests.fakes.commands_v16 import Commands16
from tests.fakes.configuration_v16 import Configuration16
from tests.fakes.link import Link
from tests.fakes.outlet import Outlet, Start, State, StopCause, Transaction, now
from tests.fakes.simulator import SimulatedCharger

UNITS = {"C": "Celsius"}
REASONS = {
    StopCause.LOCAL: Reason.local,
    StopCause.EV_DISCONNECTED: Reason.ev_disconnected,
    StopCause.REMOTE: Reason.remote,
    StopCause.UNLOCKED: Reason.unlock_command,
    StopCause.SOFT_RESET: Reason.soft_reset,
    StopCause.HARD_RESET: Reason.hard_reset,
    StopCause.DEAUTHORIZED: Reason.de_authorized,
    StopCause.POWER_LOSS: Reason.power_loss,
}


class Charger16(SimulatedCharger):
    """See `SimulatedCharger`; `configuration` is its real store of keys."""

    subprotocol: ClassVar[str] = "ocpp1.6"

    def __init__(self, *args: Any, sample_interval_s: int = 60, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration = Configuration16(self.plate, sample_interval_s)

    # --- what the version-neutral part asks -----------------------------------------------------

    def make_link(self, socket: ClientConnection) -> Link:
        return Commands16(self, socket)

    def boot_notification(self, reason: str) -> call.BootNotification:
        return call.BootNotification(
            charge_point_model=self.plate.model,
            charge_point_vendor=self.plate.vendor,
            charge_point_serial_number=self.plate.serial_number,
            firmware_version=self.plate.firmware_version,
            meter_type="Simulated MID meter",
        )

    def heartbeat(self) -> call.Heartbeat:
        return call.Heartbeat()

    @property
    def heartbeat_interval_s(self) -> float:
        return self.configuration.number("HeartbeatInterval")

    @heartbeat_interval_s.setter
    def heartbeat_interval_s(self, seconds: float) -> None:
        self.configuration.keys["HeartbeatInterval"].value = str(round(seconds))

    @property
    def sample_interval_s(self) -> float:
        return self.configuration.number("MeterValueSampleInterval")

    @property
    def authorizes_remote_starts(self) -> bool:
        return self.configuration.is_on("AuthorizeRemoteTxRequests")

    @property
    def authorizes_offline(self) -> bool:
        return self.configuration.is_on("LocalAuthorizeOffline")

    def status_notifications(self) -> list[call.StatusNotification]:
        usable = any(outlet.operative for outlet in self.outlets)
        state = State.AVAILABLE if usable else State.UNAVAILABLE
        return [_status(0, state), *(_status(each.number, each.state) for each in self.outlets)]

    async def report_state(self, outlet: Outlet) -> None:
        await self.say(_status(outlet.number, outlet.state))

    async def ask_authorization(self, start: Start) -> bool:
        answer = await self.ask(call.Authorize(start.id_token))
        return _accepted(answer)

    async def begin(self, outlet: Outlet, start: Start) -> bool:
        request = call.StartTransaction(
            outlet.number, start.id_token, round(outlet.register_wh), now()
        )
        answer = await self.deliver(request)
        outlet.begin(Transaction(answer.transaction_id, start))
        stops = self.configuration.is_on("StopTransactionOnInvalidId")
        return _accepted(answer) or not stops

    async def report_samples(self, outlet: Outlet) -> None:
        for request in self._meter_values(outlet, ReadingContext.sample_periodic):
            await self.deliver(request)

    async def end(self, outlet: Outlet, cause: StopCause) -> None:
        assert outlet.transaction
        start = outlet.transaction.start
        request = call.StopTransaction(
            meter_stop=round(outlet.register_wh),
            timestamp=now(),
            transaction_id=int(outlet.transaction.transaction_id),
            reason=REASONS[cause],
            id_tag=start.id_token if cause is StopCause.LOCAL else None,
        )
        await self.deliver(request)
        outlet.end()

    # --- what the commands ask ------------------------------------------------------------------

    async def reset_soft(self) -> None:
        """OCPP 1.6 5.14: end all transactions, then restart."""
        for outlet in self.outlets:
            outlet.ask_stop(StopCause.SOFT_RESET)
        await self.when_idle()
        await self.reboot("Reset")

    async def reset_hard(self) -> None:
        """OCPP 1.6 5.14: restart at once; the transactions are ended after the boot."""
        await self.reboot("Reset")
        for outlet in self.outlets:
            outlet.ask_stop(StopCause.HARD_RESET)

    async def show_availability(self, outlets: list[Outlet]) -> None:
        for outlet in outlets:
            if outlet.battery is None:
                outlet.rest()
                await self.report_state(outlet)

    async def apply_configuration(self, key: str) -> None:
        if key.casefold() == "authorizationkey":
            # White paper A01: the new key is used for a connection that is made at once.
            self.password = bytes.fromhex(self.configuration["AuthorizationKey"])
            await self.disconnect()

    async def report_triggered_status(self, connector_id: int | None) -> None:
        for notification in self.status_notifications():
            if connector_id in (None, notification.connector_id):
                await self.ask(notification)

    async def report_triggered_samples(self, connector_id: int | None) -> None:
        for outlet in self.outlets:
            if connector_id in (None, 0, outlet.number):
                for request in self._meter_values(outlet, ReadingContext.trigger):
                    await self.ask(request)

    # --- the parts of messages ------------------------------------------------------------------

    def _meter_values(self, outlet: Outlet, context: ReadingContext) -> list[call.MeterValues]:
        """One message, or none when the configuration asks for no measurand."""
        wanted = self.configuration["MeterValuesSampledData"].split(",")
        values = [
            SampledValue(
                value=str(sample.value),
                context=context,
                measurand=sample.measurand,
                location="EV" if sample.measurand == "SoC" else "Outlet",
                unit=UNITS.get(sample.unit, sample.unit),
            )
            for sample in outlet.samples()
            if sample.measurand in wanted
        ]
        transaction_id = outlet.transaction and int(outlet.transaction.transaction_id)
        reading = [MeterValue(now(), values)]
        return [call.MeterValues(outlet.number, reading, transaction_id)] if values else []


def _status(connector_id: int, state: State) -> call.StatusNotification:
    no_error = ChargePointErrorCode.no_error
    return call.StatusNotification(connector_id, no_error, state.value, timestamp=now())


def _accepted(answer: Any) -> bool:
    return bool(answer.id_tag_info["status"] == AuthorizationStatus.accepted)
