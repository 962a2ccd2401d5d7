"""What a simulated OCPP 1.6 charge point does when the gateway asks."""

from functools import partial
from typing import TYPE_CHECKING, Any

from ocpp import v16
from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    Action,
    AvailabilityStatus,
    ClearCacheStatus,
    ConfigurationStatus,
    DataTransferStatus,
    RemoteStartStopStatus,
    ResetStatus,
    TriggerMessageStatus,
    UnlockStatus,
)
from websockets.asyncio.client import ClientConnection

from tests.fakes.link import FollowUp, Link, answers
from tests.fakes.outlet import Start, StopCause

if TYPE_CHECKING:
    from tests.fakes.simulator_v16 import Charger16


class Commands16(Link, v16.ChargePoint):
    """Any action without a handler here is answered NotImplemented by the `ocpp` package."""

    def __init__(self, charger: "Charger16", socket: ClientConnection) -> None:
        super().__init__(charger.identity, socket, charger.journal)
        self.charger = charger

    @answers(Action.remote_start_transaction)
    def on_remote_start(
        self, id_tag: str, connector_id: int | None = None, **_: Any
    ) -> call_result.RemoteStartTransaction:
        outlet = self.charger.outlet(connector_id)
        if outlet is None or not outlet.free or not self.charger.online.is_set():
            return call_result.RemoteStartTransaction(RemoteStartStopStatus.rejected)
        outlet.reserve(Start(id_tag, remote=True))
        self.then(outlet.asked.set)
        return call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)

    @answers(Action.remote_stop_transaction)
    def on_remote_stop(self, transaction_id: int) -> call_result.RemoteStopTransaction:
        outlet = self.charger.charging_outlet(transaction_id)
        if outlet is None:
            return call_result.RemoteStopTransaction(RemoteStartStopStatus.rejected)
        self.then(partial(outlet.ask_stop, StopCause.REMOTE))
        return call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)

    @answers(Action.reset)
    def on_reset(self, type: str) -> call_result.Reset:
        self.then(self.charger.reset_hard if type == "Hard" else self.charger.reset_soft)
        return call_result.Reset(ResetStatus.accepted)

    @answers(Action.unlock_connector)
    def on_unlock_connector(self, connector_id: int) -> call_result.UnlockConnector:
        outlet = self.charger.outlet(connector_id)
        if outlet is None:
            return call_result.UnlockConnector(UnlockStatus.not_supported)
        self.then(partial(outlet.ask_stop, StopCause.UNLOCKED))
        return call_result.UnlockConnector(UnlockStatus.unlocked)

    @answers(Action.change_availability)
    def on_change_availability(
        self,
        connector_id: int,
        type: str,
    ) -> call_result.ChangeAvailability:
        # OCPP 1.6 5.2: connector 0 stands for the charge point and all its connectors.
        named = [self.charger.outlet(connector_id)] if connector_id else self.charger.outlets
        outlets = [outlet for outlet in named if outlet]
        if not outlets:
            return call_result.ChangeAvailability(AvailabilityStatus.rejected)
        for outlet in outlets:
            outlet.operative = type == "Operative"
        self.then(partial(self.charger.show_availability, outlets))
        if any(outlet.battery for outlet in outlets):
            return call_result.ChangeAvailability(AvailabilityStatus.scheduled)
        return call_result.ChangeAvailability(AvailabilityStatus.accepted)

    @answers(Action.get_configuration)
    def on_get_configuration(self, key: list[str] | None = None) -> call_result.GetConfiguration:
        known, unknown = self.charger.configuration.read(key or [])
        return call_result.GetConfiguration(known or None, unknown or None)

    @answers(Action.change_configuration)
    def on_change_configuration(self, key: str, value: str) -> call_result.ChangeConfiguration:
        status = self.charger.configuration.change(key, value)
        if status == ConfigurationStatus.accepted:
            self.then(partial(self.charger.apply_configuration, key))
        return call_result.ChangeConfiguration(status)

    @answers(Action.clear_cache)
    def on_clear_cache(self) -> call_result.ClearCache:
        if not self.charger.configuration.is_on("AuthorizationCacheEnabled"):
            return call_result.ClearCache(ClearCacheStatus.rejected)
        self.charger.accepted_tokens.clear()
        return call_result.ClearCache(ClearCacheStatus.accepted)

    @answers(Action.data_transfer)
    def on_data_transfer(
        self, vendor_id: str, message_id: str | None = None, data: str | None = None
    ) -> call_result.DataTransfer:
        if vendor_id != self.charger.plate.vendor:
            return call_result.DataTransfer(DataTransferStatus.unknown_vendor_id)
        if message_id != "Echo":
            return call_result.DataTransfer(DataTransferStatus.unknown_message_id)
        return call_result.DataTransfer(DataTransferStatus.accepted, data)

    @answers(Action.trigger_message)
    def on_trigger_message(
        self, requested_message: str, connector_id: int | None = None
    ) -> call_result.TriggerMessage:
        if connector_id and self.charger.outlet(connector_id) is None:
            return call_result.TriggerMessage(TriggerMessageStatus.rejected)
        charger, ask = self.charger, self.charger.ask
        triggered: dict[str, FollowUp] = {
            "BootNotification": charger.boot_again,
            "Heartbeat": partial(ask, call.Heartbeat()),
            "DiagnosticsStatusNotification": partial(
                ask, call.DiagnosticsStatusNotification("Idle")
            ),
            "FirmwareStatusNotification": partial(ask, call.FirmwareStatusNotification("Idle")),
            "MeterValues": partial(charger.report_triggered_samples, connector_id),
            "StatusNotification": partial(charger.report_triggered_status, connector_id),
        }
        if requested_message not in triggered:
            return call_result.TriggerMessage(TriggerMessageStatus.not_implemented)
        self.then(triggered[requested_message])
        return call_result.TriggerMessage(TriggerMessageStatus.accepted)
