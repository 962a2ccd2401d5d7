"""D Local authorization list: send it in parts, and read its version."""

from collections.abc import Hashable

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.protocol.versions import Block, CommandTranslation, Payload, ResponseReading
from chargepoints.services.tokens import local_lists
from chargepoints.services.tokens.local_lists import Entry
from ocpp_v201 import batches, numbers
from ocpp_v201.authorization import STATUS

# IdTokenEnumType, for tokens that were entered without a type.
USUAL_TYPE = "ISO14443"


def get_version(unit: UnitOfWork, command: Command) -> Payload:
    return {}


def record_version(unit: UnitOfWork, command: Command, response: Payload) -> None:
    version = response["versionNumber"]
    command.result = {"version": version}
    # D02.FR.03: 0 means that there is no list.
    local_lists.report_version(command.charge_point_id, version)


def send(unit: UnitOfWork, command: Command) -> Payload:
    def most(entries: list[Entry]) -> int:
        data = [_authorization_data(entry) for entry in entries]
        return batches.fitting(command.charge_point_id, data, _longest, "LocalAuthListCtrlr", "")

    part = local_lists.next_part(command, most, _key)
    payload: Payload = {
        "versionNumber": part.version,
        "updateType": "Full" if part.full else "Differential",
    }
    if part.entries:
        # D01.FR.04: an empty list is left out.
        payload["localAuthorizationList"] = [_authorization_data(entry) for entry in part.entries]
    return payload


def _longest(data: list[Payload]) -> Payload:
    return {
        "versionNumber": numbers.LARGEST,
        "updateType": "Differential",
        "localAuthorizationList": data,
    }


def _key(entry: Entry) -> Hashable:
    # C01.FR.25: value and type identify an entry; identifierStrings ignore upper and lower case.
    return entry.value.lower(), entry.type or USUAL_TYPE


def _authorization_data(entry: Entry) -> Payload:
    data: Payload = {"idToken": {"idToken": entry.value, "type": entry.type or USUAL_TYPE}}
    # D01.FR.17: without idTokenInfo the entry is removed.
    if entry.status is None:
        return data
    info: Payload = {"status": STATUS.get(AuthorizationStatus(entry.status), "Invalid")}
    if entry.group_id_token:
        info["groupIdToken"] = {"idToken": entry.group_id_token, "type": "Central"}
    if entry.expires_at is not None:
        info["cacheExpiryDateTime"] = ocpp_time(entry.expires_at)
    return data | {"idTokenInfo": info}


BLOCK = Block(
    commands={
        "get_local_list_version": CommandTranslation("GetLocalListVersion", get_version),
        "send_local_list": CommandTranslation(
            "SendLocalList",
            send,
            reading=ResponseReading(local_lists.conclude_part, local_lists.record_part),
        ),
    },
    responses={
        "GetLocalListVersion": ResponseReading(record=record_version),
    },
)
