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
from .connection import Connection, HandshakeRefusal, ServerProcess
from .connector import Connector, Evse, Status, StatusChange
from .der_control import DerControl
from .device_model import MonitoringEvent, Variable
from .event import Event, EventFeed
from .event_stream import EventStream
from .hosted_file import FirmwareFile, FirmwareLink, FirmwareUpdate, Upload
from .id_token import AuthorizationStatus, IdToken
from .local_list import LocalList, LocalListEntry
from .message import Message
from .monitor import DisplayMessage, Monitor
from .quirk import QuirkProfile, QuirkUse
from .reservation import Reservation
from .security import InstalledCertificate, SecurityEvent
from .tariff import Tariff
from .token_decision import TokenDecision
from .transaction import (
    DecidedBy,
    MeterSource,
    MeterValue,
    TimeQuality,
    Transaction,
    TransactionEvent,
)

__all__ = [
    "ApiKey",
    "AuthorizationStatus",
    "ChargePoint",
    "ChargePointCounters",
    "ChargingProfile",
    "Command",
    "CommandBatch",
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
    "HandshakeRefusal",
    "IdToken",
    "InstalledCertificate",
    "LocalList",
    "LocalListEntry",
    "Message",
    "MeterSource",
    "MeterValue",
    "Monitor",
    "MonitoringEvent",
    "QuirkProfile",
    "QuirkUse",
    "Registration",
    "Reservation",
    "SecurityEvent",
    "ServerProcess",
    "Status",
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
