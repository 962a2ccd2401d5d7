"""The simulated OCPP 2.0.1 charging station: the messages it sends."""

import uuid
from typing import Any, ClassVar

from ocpp.v201 import call
from ocpp.v201.datatypes import (
    ChargingStationType,
    EVSEType,
    IdTokenType,
    MeterValueType,
    SampledValueType,
    TransactionType,
    UnitOfMeasureType,
)
from ocpp.v201.enums import (
    AuthorizationStatusEnumType,
    BootReasonEnumType,
    ChargingStateEnumType,
    LocationEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)
from websockets.asyncio.client import ClientConnection

from tests.fakes.commands_v201 import Commands201
from tests.fakes.inventory_v201 import connector_status, device_model
from tests.fakes.link import Link
from tests.fakes.outlet import Outlet, Start, State, StopCause, Transaction, now
from tests.fakes.simulator import SimulatedCharger

ENDS = {
    StopCause.LOCAL: (TriggerReasonEnumType.stop_authorized, ReasonEnumType.local),
    StopCause.EV_DISCONNECTED: (
        TriggerReasonEnumType.ev_departed,
        ReasonEnumType.ev_disconnected,
    ),
    StopCause.REMOTE: (TriggerReasonEnumType.remote_stop, ReasonEnumType.remote),
    StopCause.HARD_RESET: (TriggerReasonEnumType.reset_command, ReasonEnumType.immediate_reset),
    StopCause.DEAUTHORIZED: (TriggerReasonEnumType.deauthorized, ReasonEnumType.de_authorized),
    StopCause.POWER_LOSS: (TriggerReasonEnumType.abnormal_condition, ReasonEnumType.power_loss),
}
CHARGING_STATES = {
    State.PREPARING: ChargingStateEnumType.ev_connected,
    State.CHARGING: ChargingStateEnumType.charging,
    State.SUSPENDED: ChargingStateEnumType.suspended_ev,
}
BOOT_REASONS = {
    "PowerUp": BootReasonEnumType.power_up,
    "Triggered": BootReasonEnumType.triggered,
    "Reset": BootReasonEnumType.remote_reset,
    "ScheduledReset": BootReasonEnumType.scheduled_reset,
}


class Charger201(SimulatedCharger):
    """See `SimulatedCharger`; `device_model` is its real device model."""

    subprotocol: ClassVar[str] = "ocpp2.0.1"

    def __init__(self, *args: Any, sample_interval_s: int = 60, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device_model = device_model(self.plate, self.outlets, sample_interval_s)
        self._reported_status: dict[int, str] = {}

    # --- what the version-neutral part asks -----------------------------------------------------

    def make_link(self, socket: ClientConnection) -> Link:
        return Commands201(self, socket)

    def boot_notification(self, reason: str) -> call.BootNotification:
        station = ChargingStationType(
            vendor_name=self.plate.vendor,
            model=self.plate.model,
            serial_number=self.plate.serial_number,
            firmware_version=self.plate.firmware_version,
        )
        return call.BootNotification(station, BOOT_REASONS[reason])

    def heartbeat(self) -> call.Heartbeat:
        return call.Heartbeat()

    @property
    def heartbeat_interval_s(self) -> float:
        return self.device_model.number("OCPPCommCtrlr", "HeartbeatInterval")

    @heartbeat_interval_s.setter
    def heartbeat_interval_s(self, seconds: float) -> None:
        self.device_model.write("OCPPCommCtrlr", "HeartbeatInterval", str(round(seconds)))

    @property
    def sample_interval_s(self) -> float:
        return self.device_model.number("SampledDataCtrlr", "TxUpdatedInterval")

    @property
    def authorizes_remote_starts(self) -> bool:
        return self.device_model.is_on("AuthCtrlr", "AuthorizeRemoteStart")

    @property
    def authorizes_offline(self) -> bool:
        return self.device_model.is_on("AuthCtrlr", "LocalAuthorizeOffline")

    def status_notifications(self) -> list[call.StatusNotification]:
        return [self._status(outlet) for outlet in self.outlets]

    async def report_state(self, outlet: Outlet) -> None:
        if self._reported_status.get(outlet.number) != connector_status(outlet.state):
            await self.say(self._status(outlet))
        if outlet.transaction and outlet.state in CHARGING_STATES:
            trigger = TriggerReasonEnumType.charging_state_changed
            await self.deliver(self._event(outlet, TransactionEventEnumType.updated, trigger))

    async def ask_authorization(self, start: Start) -> bool:
        answer = await self.ask(call.Authorize(_id_token(start)))
        return bool(answer.id_token_info["status"] == AuthorizationStatusEnumType.accepted)

    async def begin(self, outlet: Outlet, start: Start) -> bool:
        outlet.begin(Transaction(str(uuid.uuid4()), start))
        trigger = TriggerReasonEnumType.authorized
        if start.remote:
            trigger = TriggerReasonEnumType.remote_start
        request = self._event(outlet, TransactionEventEnumType.started, trigger)
        request.id_token = _id_token(start)
        request.meter_value = self._reading(outlet, "TxStartedMeasurands")
        answer = await self.deliver(request)
        info = answer.id_token_info or {"status": AuthorizationStatusEnumType.accepted}
        stops = self.device_model.is_on("TxCtrlr", "StopTxOnInvalidId")
        return info["status"] == AuthorizationStatusEnumType.accepted or not stops

    async def report_samples(self, outlet: Outlet) -> None:
        trigger = TriggerReasonEnumType.meter_value_periodic
        request = self._event(outlet, TransactionEventEnumType.updated, trigger)
        request.meter_value = self._reading(outlet, "TxUpdatedMeasurands")
        if request.meter_value:
            await self.deliver(request)

    async def end(self, outlet: Outlet, cause: StopCause) -> None:
        assert outlet.transaction
        trigger, reason = ENDS[cause]
        request = self._event(outlet, TransactionEventEnumType.ended, trigger)
        request.transaction_info.stopped_reason = reason
        request.transaction_info.charging_state = (
            ChargingStateEnumType.idle
            if cause is StopCause.EV_DISCONNECTED
            else ChargingStateEnumType.ev_connected
        )
        request.meter_value = self._reading(outlet, "TxEndedMeasurands")
        if cause is StopCause.LOCAL:
            request.id_token = _id_token(outlet.transaction.start)
        await self.deliver(request)
        outlet.end()

    # --- what the commands ask ------------------------------------------------------------------

    async def reset_immediately(self) -> None:
        """B12: end all transactions, then restart."""
        for outlet in self.outlets:
            outlet.ask_stop(StopCause.HARD_RESET)
        await self.when_idle()
        await self.reboot("Reset")

    async def reset_when_idle(self) -> None:
        await self.when_idle()
        await self.reboot("ScheduledReset")

    async def show_availability(self, outlets: list[Outlet]) -> None:
        for outlet in outlets:
            if outlet.battery is None:
                outlet.rest()
                await self.report_state(outlet)

    async def apply_variables(self) -> None:
        password = self.device_model["SecurityCtrlr", "BasicAuthPassword"]
        if password and password != self.password:
            # A01.FR.09: the new password is used for a connection that is made at once.
            self.password = password
            await self.disconnect()

    async def notify_report(self, request_id: int, found: list[dict[str, Any]]) -> None:
        size = self.device_model.number("DeviceDataCtrlr", "ItemsPerMessage")
        parts = [found[at : at + size] for at in range(0, len(found), size)] or [[]]
        for number, part in enumerate(parts):
            more = number + 1 < len(parts)
            await self.ask(call.NotifyReport(request_id, now(), number, part or None, tbc=more))

    async def report_triggered_status(self, evse_id: int | None) -> None:
        for outlet in self.outlets:
            if outlet.number == evse_id:
                await self.ask(self._status(outlet))

    async def report_triggered_samples(self, evse_id: int | None) -> None:
        for outlet in self.outlets:
            reading = self._reading(outlet, "TxUpdatedMeasurands", ReadingContextEnumType.trigger)
            if reading and evse_id in (None, 0, outlet.number):
                await self.ask(call.MeterValues(outlet.number, reading))

    async def report_triggered_transactions(self, evse_id: int | None) -> None:
        for outlet in self.outlets:
            ongoing = outlet.transaction and not outlet.stop_cause
            if ongoing and evse_id in (None, 0, outlet.number):
                trigger = TriggerReasonEnumType.trigger
                request = self._event(outlet, TransactionEventEnumType.updated, trigger)
                request.meter_value = self._reading(
                    outlet, "TxUpdatedMeasurands", ReadingContextEnumType.trigger
                )
                await self.deliver(request)

    # --- the parts of messages ------------------------------------------------------------------

    def _status(self, outlet: Outlet) -> call.StatusNotification:
        status = connector_status(outlet.state)
        self._reported_status[outlet.number] = status
        return call.StatusNotification(now(), status, outlet.number, 1)

    def _event(self, outlet: Outlet, event_type: str, trigger: str) -> call.TransactionEvent:
        """An event of the outlet's transaction; each takes the next seqNo."""
        transaction = outlet.transaction
        assert transaction
        seq_no, transaction.next_seq_no = transaction.next_seq_no, transaction.next_seq_no + 1
        return call.TransactionEvent(
            event_type=event_type,
            timestamp=now(),
            trigger_reason=trigger,
            seq_no=seq_no,
            offline=None if self.online.is_set() else True,
            evse=EVSEType(outlet.number, 1),
            transaction_info=TransactionType(
                transaction_id=str(transaction.transaction_id),
                charging_state=CHARGING_STATES.get(outlet.state),
                remote_start_id=transaction.start.remote_start_id,
            ),
        )

    def _reading(
        self,
        outlet: Outlet,
        measurands: str,
        context: ReadingContextEnumType | None = None,
    ) -> list[MeterValueType] | None:
        """What the meter reads, as far as a variable of SampledDataCtrlr asks for it."""
        contexts = {
            "TxStartedMeasurands": ReadingContextEnumType.transaction_begin,
            "TxEndedMeasurands": ReadingContextEnumType.transaction_end,
        }
        context = context or contexts.get(measurands, ReadingContextEnumType.sample_periodic)
        wanted = self.device_model["SampledDataCtrlr", measurands].split(",")
        values = [
            SampledValueType(
                value=sample.value,
                context=context,
                measurand=sample.measurand,
                location=LocationEnumType.ev
                if sample.measurand == "SoC"
                else LocationEnumType.outlet,
                unit_of_measure=UnitOfMeasureType(unit=sample.unit),
            )
            for sample in outlet.samples()
            if sample.measurand in wanted
        ]
        return [MeterValueType(now(), values)] if values else None


def _id_token(start: Start) -> IdTokenType:
    return IdTokenType(start.id_token, start.token_type)
