"""Local authorization list management (1.6, 5.10 and 5.15)."""

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.protocol.versions import Block, CommandTranslation, Payload, ResponseReading
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.device_model import variables
from chargepoints.services.tokens import local_lists
from chargepoints.services.tokens.local_lists import Entry
from ocpp_v16.authorization import STATUS
from ocpp_v16.long_tags import LONGEST_ID_TAG


def get_version(unit: UnitOfWork, command: Command) -> Payload:
    return {}


def record_version(unit: UnitOfWork, command: Command, response: Payload) -> None:
    version = response["listVersion"]
    command.result = {"version": version}
    # 5.10: -1 means that local lists are not supported, 0 that the list is empty.
    local_lists.report_version(command.charge_point_id, version)


def send(unit: UnitOfWork, command: Command) -> Payload:
    # 9.2.3: SendLocalListMaxLength limits the entries in one request.
    limit = variables.limit(command.charge_point_id, "", "SendLocalListMaxLength", "")
    part = local_lists.next_part(
        command, lambda entries: limit or len(entries), lambda entry: entry.value.lower()
    )
    return {
        "listVersion": part.version,
        "updateType": "Full" if part.full else "Differential",
        "localAuthorizationList": [_authorization_data(entry) for entry in part.entries],
    }


def _authorization_data(entry: Entry) -> Payload:
    if len(entry.value) > LONGEST_ID_TAG:
        raise CommandRefused("invalid_args", f"{entry.value}: an idTag has at most 20 characters")
    # 7.2: without idTagInfo the entry is removed from the list.
    if entry.status is None:
        return {"idTag": entry.value}
    info: Payload = {"status": STATUS.get(AuthorizationStatus(entry.status), "Invalid")}
    if entry.group_id_token and len(entry.group_id_token) <= LONGEST_ID_TAG:
        info["parentIdTag"] = entry.group_id_token
    if entry.expires_at is not None:
        info["expiryDate"] = ocpp_time(entry.expires_at)
    return {"idTag": entry.value, "idTagInfo": info}


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
