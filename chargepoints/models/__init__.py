from .api_key import ApiKey
from .charge_point import (
    ChargePoint,
    ChargePointCounters,
    Credential,
    Registration,
    UnreachablePolicy,
)
from .charging_profile import ChargingProfile
from .command import Command
from .command_batch import CommandBatch
from .configuration_template import ConfigurationTemplate
from .connection import Connection, HandshakeRefusal, ServerProcess
from .connector import Connector, Evse, Status, StatusChange
from .der_control import DerControl
from .device_model import MonitoringEvent, Variable
from .event import Event, EventFeed
from .event_stream import EventStream
from .fleet_sample import FleetSample
from .history_hold import HistoryHold
from .hosted_file import FirmwareFile, FirmwareLink, FirmwareUpdate, Upload
from .id_token import AuthorizationStatus, IdToken
from .local_list import LocalList, LocalListEntry
from .maintenance import MaintenanceWindow
from .message import Message
from .mirror import Mirror
from .monitor import DisplayMessage, Monitor
from .quirk import QuirkProfile, QuirkUse
from .reservation import Reservation
from .roll_out import RollOut, RollOutTarget
from .security import InstalledCertificate, SecurityEvent
from .seen_tls import SeenTls
from .server_run import ServerRun
from .site import Site, StaffTimes
from .tariff import Tariff
from .token_decision import TokenDecision
from .transaction import (
    ChargingState,
    DecidedBy,
    MeterSource,
    MeterValue,
    StopReason,
    TimeQuality,
    Transaction,
    TransactionEvent,
)

__all__ = [
    "ApiKey",
    "AuthorizationStatus",
    "ChargePoint",
    "ChargePointCounters",
    "ChargingState",
    "ChargingProfile",
    "Command",
    "CommandBatch",
    "ConfigurationTemplate",
    "Connection",
    "Connector",
    "Credential",
    "DecidedBy",
    "DerControl",
    "DisplayMessage",
    "Event",
    "EventFeed",
    "EventStream",
    "Evse",
    "FirmwareFile",
    "FirmwareLink",
    "FirmwareUpdate",
    "FleetSample",
    "HandshakeRefusal",
    "HistoryHold",
    "IdToken",
    "InstalledCertificate",
    "LocalList",
    "LocalListEntry",
    "MaintenanceWindow",
    "Message",
    "MeterSource",
    "MeterValue",
    "Mirror",
    "Monitor",
    "MonitoringEvent",
    "QuirkProfile",
    "QuirkUse",
    "Registration",
    "Reservation",
    "RollOut",
    "RollOutTarget",
    "SecurityEvent",
    "SeenTls",
    "ServerProcess",
    "ServerRun",
    "Status",
    "StopReason",
    "Site",
    "StaffTimes",
    "StatusChange",
    "Tariff",
    "TimeQuality",
    "TokenDecision",
    "Transaction",
    "TransactionEvent",
    "UnreachablePolicy",
    "Upload",
    "Variable",
]
