"""B Provisioning: BootNotification, Heartbeat (G), and network profiles (B09)."""

import re
from functools import partial
from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Registration
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.stations import booting, registry
from chargepoints.services.stations.booting import BootDecision, Facts
from core_link import decisions
from ocpp_v201.dialect import Dialect

_STATUS = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}


# Credentials for the CSMS of this profile, if they differ from those for the gateway.
_OWN_CREDENTIALS = {"identity": "identity", "basic_auth_password": "basicAuthPassword"}


def facts(payload: Payload) -> Facts:
    station = payload.get("chargingStation") or {}
    modem = station.get("modem") or {}
    return Facts(
        vendor=station.get("vendorName", ""),
        model=station.get("model", ""),
        serial_number=station.get("serialNumber", ""),
        firmware_version=station.get("firmwareVersion", ""),
        iccid=modem.get("iccid", ""),
        imsi=modem.get("imsi", ""),
        reason=payload.get("reason", ""),
    )


async def ask_core(inbound: Inbound) -> BootDecision | None:
    return await decisions.boot(inbound.station, facts(inbound.payload))


def boot_notification(inbound: Inbound, decision: BootDecision | None) -> Payload:
    registration, interval = booting.boot(inbound, facts(inbound.payload), decision)
    return {
        "status": _STATUS[Registration(registration)],
        "currentTime": ocpp_time(inbound.received_at),
        "interval": interval,
    }


def heartbeat(inbound: Inbound, decision: Any) -> Payload:
    return {"currentTime": ocpp_time(inbound.received_at)}


def set_network_profile(dialect: Dialect, unit: UnitOfWork, command: Command) -> Payload:
    """B09; A05.FR.07: refuse a profile that is less secure than the one in use."""
    args = command.args
    if args["security_profile"] < command.charge_point.security_profile:
        raise CommandRefused("invalid_args", "a station's security profile cannot be lowered")
    if args["security_profile"] > 1 and not args["url"].startswith("wss://"):
        raise CommandRefused("invalid_args", "security profiles 2 and 3 need a wss:// URL")
    return {
        "configurationSlot": args["slot"],
        "connectionData": {
            "ocppVersion": dialect.network_profile_version,
            "ocppTransport": "JSON",
            "ocppCsmsUrl": args["url"],
            "messageTimeout": args.get("message_timeout_s", 30),
            "securityProfile": args["security_profile"],
            "ocppInterface": args.get("interface", "Wired0"),
            **{ocpp: args[name] for name, ocpp in _OWN_CREDENTIALS.items() if name in args},
            **{name: _in_camel_case(args[name]) for name in ("apn", "vpn") if name in args},
        },
    }


def _in_camel_case(network: Payload) -> Payload:
    """APNType or VPNType; the arguments have the same fields in snake case."""
    return {re.sub("_(.)", lambda at: at[1].upper(), name): network[name] for name in network}


def record_network_profile(unit: UnitOfWork, command: Command, response: Payload) -> None:
    """A05.FR.07: refuse the lower profile once the station has connected with the higher one."""
    asked = (command.request or {})["connectionData"]
    if response["status"] == "Accepted":
        registry.expect_security_profile(command.charge_point_id, asked["securityProfile"])


def block(dialect: Dialect) -> Block:
    return Block(
        handlers={
            "BootNotification": Handler(
                boot_notification,
                decide=ask_core,
                dispensable=frozenset({"chargingStation", "vendorName", "model", "reason"}),
            ),
            "Heartbeat": Handler(heartbeat),
        },
        commands={
            "set_network_profile": CommandTranslation(
                "SetNetworkProfile", partial(set_network_profile, dialect)
            )
        },
        responses={"SetNetworkProfile": ResponseReading(record=record_network_profile)},
    )
