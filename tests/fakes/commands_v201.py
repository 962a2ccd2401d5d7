"""What a simulated OCPP 2.0.1 charging station does when the gateway asks."""

from functools import partial
from typing import TYPE_CHECKING, Any

from ocpp import v201
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import GetVariableResultType, SetVariableResultType
from ocpp.v201.enums import (
    Action,
    ChangeAvailabilityStatusEnumType,
    ClearCacheStatusEnumType,
    DataTransferStatusEnumType,
    GenericDeviceModelStatusEnumType,
    RequestStartStopStatusEnumType,
    ResetStatusEnumType,
    TriggerMessageStatusEnumType,
    UnlockStatusEnumType,
)
from websockets.asyncio.client import ClientConnection

from tests.fakes.link import FollowUp, Link, answers
from tests.fakes.outlet import Start, StopCause

if TYPE_CHECKING:
    from tests.fakes.simulator_v201 import Charger201


class Commands201(Link, v201.ChargePoint):
    """Any action without a handler here is answered NotImplemented by the `ocpp` package."""

    def __init__(self, charger: "Charger201", socket: ClientConnection) -> None:
        super().__init__(charger.identity, socket, charger.journal)
        self.charger = charger

    @answers(Action.request_start_transaction)
    def on_request_start(
        self, id_token: dict[str, Any], remote_start_id: int, evse_id: int | None = None, **_: Any
    ) -> call_result.RequestStartTransaction:
        outlet = self.charger.outlet(evse_id)
        if outlet is None or not outlet.free or not self.charger.online.is_set():
            status = RequestStartStopStatusEnumType.rejected
            return call_result.RequestStartTransaction(status)
        outlet.reserve(Start(id_token["id_token"], id_token["type"], True, remote_start_id))
        self.then(outlet.asked.set)
        return call_result.RequestStartTransaction(RequestStartStopStatusEnumType.accepted)

    @answers(Action.request_stop_transaction)
    def on_request_stop(self, transaction_id: str, **_: Any) -> call_result.RequestStopTransaction:
        outlet = self.charger.charging_outlet(transaction_id)
        if outlet is None:
            return call_result.RequestStopTransaction(RequestStartStopStatusEnumType.rejected)
        self.then(partial(outlet.ask_stop, StopCause.REMOTE))
        return call_result.RequestStopTransaction(RequestStartStopStatusEnumType.accepted)

    @answers(Action.reset)
    def on_reset(
        self,
        type: str,
        evse_id: int | None = None,
        **_: Any,
    ) -> call_result.Reset:
        if evse_id is not None:
            # B11.FR.09: it cannot reset an EVSE alone.
            return call_result.Reset(ResetStatusEnumType.rejected)
        busy = any(outlet.transaction for outlet in self.charger.outlets)
        if type == "OnIdle" and busy:
            self.then(self.charger.reset_when_idle)
            return call_result.Reset(ResetStatusEnumType.scheduled)
        self.then(self.charger.reset_immediately)
        return call_result.Reset(ResetStatusEnumType.accepted)

    @answers(Action.unlock_connector)
    def on_unlock_connector(
        self, evse_id: int, connector_id: int, **_: Any
    ) -> call_result.UnlockConnector:
        outlet = self.charger.outlet(evse_id)
        if outlet is None or connector_id != 1:
            return call_result.UnlockConnector(UnlockStatusEnumType.unknown_connector)
        if outlet.transaction:
            # F05.FR.02
            status = UnlockStatusEnumType.ongoing_authorized_transaction
            return call_result.UnlockConnector(status)
        return call_result.UnlockConnector(UnlockStatusEnumType.unlocked)

    @answers(Action.change_availability)
    def on_change_availability(
        self, operational_status: str, evse: dict[str, int] | None = None, **_: Any
    ) -> call_result.ChangeAvailability:
        named = [self.charger.outlet(evse["id"])] if evse else self.charger.outlets
        outlets = [outlet for outlet in named if outlet]
        if not outlets:
            return call_result.ChangeAvailability(ChangeAvailabilityStatusEnumType.rejected)
        for outlet in outlets:
            outlet.operative = operational_status == "Operative"
        self.then(partial(self.charger.show_availability, outlets))
        if any(outlet.battery for outlet in outlets):
            return call_result.ChangeAvailability(ChangeAvailabilityStatusEnumType.scheduled)
        return call_result.ChangeAvailability(ChangeAvailabilityStatusEnumType.accepted)

    @answers(Action.get_variables)
    def on_get_variables(
        self, get_variable_data: list[dict[str, Any]], **_: Any
    ) -> call_result.GetVariables:
        results = []
        for wanted in get_variable_data:
            status, value = self.charger.device_model.get(wanted)
            attribute = wanted.get("attribute_type", "Actual")  # B06.FR.11
            place = wanted["component"], wanted["variable"]
            results.append(GetVariableResultType(status, *place, attribute, value))
        return call_result.GetVariables(results)

    @answers(Action.set_variables)
    def on_set_variables(
        self, set_variable_data: list[dict[str, Any]], **_: Any
    ) -> call_result.SetVariables:
        results = []
        for wanted in set_variable_data:
            status = self.charger.device_model.set(wanted)
            attribute = wanted.get("attribute_type", "Actual")
            place = wanted["component"], wanted["variable"]
            results.append(SetVariableResultType(status, *place, attribute))
        self.then(self.charger.apply_variables)
        return call_result.SetVariables(results)

    @answers(Action.get_base_report)
    def on_get_base_report(
        self, request_id: int, report_base: str, **_: Any
    ) -> call_result.GetBaseReport:
        found = self.charger.device_model.report(report_base)
        self.then(partial(self.charger.notify_report, request_id, found))
        return call_result.GetBaseReport(GenericDeviceModelStatusEnumType.accepted)

    @answers(Action.get_report)
    def on_get_report(
        self, request_id: int, component_variable: list[dict[str, Any]] | None = None, **_: Any
    ) -> call_result.GetReport:
        if component_variable is None:
            # B08: it supports no criteria, only lists of components and variables.
            return call_result.GetReport(GenericDeviceModelStatusEnumType.not_supported)
        found = self.charger.device_model.report_of(component_variable)
        if not found:
            return call_result.GetReport(GenericDeviceModelStatusEnumType.empty_result_set)
        self.then(partial(self.charger.notify_report, request_id, found))
        return call_result.GetReport(GenericDeviceModelStatusEnumType.accepted)

    @answers(Action.clear_cache)
    def on_clear_cache(self, **_: Any) -> call_result.ClearCache:
        if not self.charger.device_model.is_on("AuthCacheCtrlr", "Enabled"):
            return call_result.ClearCache(ClearCacheStatusEnumType.rejected)  # C11.FR.04
        self.charger.accepted_tokens.clear()
        return call_result.ClearCache(ClearCacheStatusEnumType.accepted)

    @answers(Action.data_transfer)
    def on_data_transfer(
        self, vendor_id: str, message_id: str | None = None, data: Any = None, **_: Any
    ) -> call_result.DataTransfer:
        if vendor_id != self.charger.plate.vendor:
            return call_result.DataTransfer(DataTransferStatusEnumType.unknown_vendor_id)
        if message_id != "Echo":
            return call_result.DataTransfer(DataTransferStatusEnumType.unknown_message_id)
        return call_result.DataTransfer(DataTransferStatusEnumType.accepted, data=data)

    @answers(Action.trigger_message)
    def on_trigger_message(
        self, requested_message: str, evse: dict[str, int] | None = None, **_: Any
    ) -> call_result.TriggerMessage:
        evse_id = (evse or {}).get("id")
        charger, ask = self.charger, self.charger.ask
        triggered: dict[str, FollowUp] = {
            "BootNotification": charger.boot_again,
            "Heartbeat": partial(ask, call.Heartbeat()),
            "LogStatusNotification": partial(ask, call.LogStatusNotification("Idle")),
            "FirmwareStatusNotification": partial(ask, call.FirmwareStatusNotification("Idle")),
            "MeterValues": partial(charger.report_triggered_samples, evse_id),
            "TransactionEvent": partial(charger.report_triggered_transactions, evse_id),
            "StatusNotification": partial(charger.report_triggered_status, evse_id),
        }
        if requested_message not in triggered:
            return call_result.TriggerMessage(TriggerMessageStatusEnumType.not_implemented)
        if self._rejects_trigger(requested_message, evse or {}):
            return call_result.TriggerMessage(TriggerMessageStatusEnumType.rejected)
        self.then(triggered[requested_message])
        return call_result.TriggerMessage(TriggerMessageStatusEnumType.accepted)

    def _rejects_trigger(self, requested_message: str, evse: dict[str, int]) -> bool:
        if evse.get("id") and self.charger.outlet(evse["id"]) is None:
            return True
        if requested_message == "BootNotification":
            # F06.FR.17: it has booted already, and was accepted.
            return self.charger.online.is_set()
        # F06.FR.12: a status belongs to a connector.
        return requested_message == "StatusNotification" and "connector_id" not in evse
