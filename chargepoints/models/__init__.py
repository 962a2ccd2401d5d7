from .api_key import ApiKey
from .charge_point import (
    ChargePoint,
    ChargePointCounters,
    Credential,
    Registration,
    UnreachablePolicy,
)
from .command import Command
from .connection import Connection, HandshakeRefusal, ServerProcess
from .connector import Connector, Evse, Status, StatusChange
from .device_model import MonitoringEvent, Variable
from .event import Event, EventFeed
from .id_token import AuthorizationStatus, IdToken
from .message import Message
from .monitor import DisplayMessage, Monitor
from .security import InstalledCertificate, SecurityEvent
from .transaction import DecidedBy, MeterValue, TimeQuality, Transaction, TransactionEvent

__all__ = [
    "ApiKey",
    "AuthorizationStatus",
    "ChargePoint",
    "ChargePointCounters",
    "Command",
    "Connection",
    "Connector",
    "Credential",
    "DecidedBy",
    "DisplayMessage",
    "Event",
    "EventFeed",
    "Evse",
    "HandshakeRefusal",
    "IdToken",
    "InstalledCertificate",
    "Message",
    "MeterValue",
    "Monitor",
    "MonitoringEvent",
    "Registration",
    "SecurityEvent",
    "ServerProcess",
    "Status",
    "StatusChange",
    "TimeQuality",
    "Transaction",
    "TransactionEvent",
    "UnreachablePolicy",
    "Variable",
]
