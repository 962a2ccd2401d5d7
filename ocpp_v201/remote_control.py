"""F Remote control: start, stop, unlock, trigger; and B11, B12: reset."""

from dataclasses import replace
from functools import partial

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Connector
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
    accepting,
    by_status,
)
from chargepoints.services.commands import effect_deadlines
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import profile_requests
from chargepoints.services.stations import booting
from chargepoints.services.transactions import lifecycle, shared_ids
from ocpp_v201 import schedules
from ocpp_v201.authorization import id_token
from ocpp_v201.dialect import Dialect
from ocpp_v201.requests import request_id

_RESETS = {
    "immediate": "Immediate",
    "immediate_and_resume": "ImmediateAndResume",
    "on_idle": "OnIdle",
}


def messages_requested(action: str, payload: Payload) -> frozenset[str]:
    """B01.FR.10, B02.FR.09: the messages that a pending station may send on request."""
    if action in ("GetBaseReport", "GetReport"):
        return frozenset({"NotifyReport"})
    if action != "TriggerMessage":
        return frozenset()
    message = str(payload.get("requestedMessage"))
    return frozenset({"SignCertificate" if message.startswith("Sign") else message})


def request_start(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    remote_start_id = request_id(command)
    command.effect_key = lifecycle.start_effect(str(remote_start_id))
    payload: Payload = {
        "remoteStartId": remote_start_id,
        "idToken": id_token(args["id_token"]),
    }
    if "evse_id" in args:
        payload["evseId"] = args["evse_id"]
    if "group_id_token" in args:
        # F01.FR.22: an EVSE may be reserved for the group.
        payload["groupIdToken"] = {"idToken": args["group_id_token"], "type": "Central"}
    if "charging_profile" in args:
        profile_requests.keep(
            command, schedules.with_start(args["charging_profile"]), "charging_profile"
        )
        evse_id = args.get("evse_id", 0)
        profile = profile_requests.numbered(unit, command, evse_id, "charging_profile")
        if profile["purpose"] != "transaction" or "transaction_id" in profile:
            # F01.FR.09, FR.11: a TxProfile, without the id of a transaction.
            raise CommandRefused("invalid_args", "a `transaction` profile without transaction_id")
        profile = profile_requests.as_understood(unit, command.charge_point, profile)
        payload["chargingProfile"] = schedules.charging_profile(profile)
    return payload


def conclude_start(command: Command, response: Payload) -> Conclusion:
    within_s = effect_deadlines.start_within_s(
        command.charge_point_id, "TxCtrlr", "EVConnectionTimeOut"
    )
    return replace(by_status(command, response), effect_within_s=within_s)


def record_start(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        profile_requests.accepted_with_start(command)


def request_stop(unit: UnitOfWork, command: Command) -> Payload:
    transaction_id = command.args["transaction_id"]
    command.effect_key = lifecycle.stop_effect(transaction_id)
    return {"transactionId": shared_ids.sent(transaction_id)}


def unlock(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {"evseId": args["evse_id"], "connectorId": args.get("connector_id", 1)}


def reset(dialect: Dialect, unit: UnitOfWork, command: Command) -> Payload:
    kind = command.args.get("type", "on_idle")
    if kind not in dialect.resets:
        raise CommandRefused("not_supported", f"OCPP {dialect.version} cannot reset {kind}")
    payload: Payload = {"type": _RESETS[kind]}
    if "evse_id" in command.args:
        payload["evseId"] = command.args["evse_id"]
    else:
        command.effect_key = booting.RESET_EFFECT
    return payload


def conclude_scheduled(command: Command, response: Payload) -> Conclusion:
    # B12.FR.01, G03.FR.05: Scheduled means accepted, in force when the transactions have ended.
    status = str(response.get("status", ""))
    if status == "Scheduled":
        return Conclusion(
            Command.State.ACCEPTED, effect_within_s=effect_deadlines.LONGEST_TRANSACTION_S
        )
    if status == "Accepted":
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=status)


def trigger(dialect: Dialect, unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if args["message"] not in dialect.triggered:
        raise CommandRefused(
            "not_supported", f"OCPP {dialect.version} cannot trigger {args['message']}"
        )
    payload: Payload = {"requestedMessage": args["message"]}
    if "custom" in args:
        payload["customTrigger"] = args["custom"]
    if args["message"] == "StatusNotification":
        payload["evse"] = _one_connector(command)
    elif "evse_id" in args:
        payload["evse"] = {"id": args["evse_id"]}
        if "connector_id" in args:
            payload["evse"]["connectorId"] = args["connector_id"]
    return payload


def _one_connector(command: Command) -> Payload:
    """F06.FR.13: the request names one connector: the command's, or the only known one."""
    args = command.args
    if "evse_id" in args:
        return {"id": args["evse_id"], "connectorId": args.get("connector_id", 1)}
    known = Connector.objects.filter(evse__charge_point_id=command.charge_point_id)
    places = list(known.values_list("evse__evse_id", "connector_id")[:2])
    if len(places) != 1:
        raise CommandRefused("invalid_args", "give the `evse_id` whose status you want")
    return {"id": places[0][0], "connectorId": places[0][1]}


def block(dialect: Dialect) -> Block:
    return Block(
        commands={
            "start": CommandTranslation(
                "RequestStartTransaction",
                request_start,
                reading=ResponseReading(conclude_start, record_start),
            ),
            "stop": CommandTranslation("RequestStopTransaction", request_stop),
            "unlock": CommandTranslation("UnlockConnector", unlock),
            "reset": CommandTranslation("Reset", partial(reset, dialect)),
            "trigger": CommandTranslation("TriggerMessage", partial(trigger, dialect)),
        },
        responses={
            "Reset": ResponseReading(conclude_scheduled),
            "UnlockConnector": ResponseReading(accepting("Unlocked")),
        },
    )
