"""Records what stations accepted of requests, by their OCPP action.

These readings are for raw requests; a command that has its own reading uses that one.
"""

from chargepoints.clock import coming_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.protocol.versions import Block, Payload, ResponseReading
from chargepoints.services.smart_charging import installed_profiles
from chargepoints.services.tokens import local_lists
from chargepoints.services.tokens.local_lists import Entry
from ocpp_v201 import cost
from ocpp_v201.authorization import STATUS
from ocpp_v201.schedules import NEUTRAL_PURPOSE, neutral_profile

_NEUTRAL_STATUS = {name: str(status) for status, name in STATUS.items()}
# The criteria of ClearChargingProfile -> neutral names.
_CRITERIA = {"evseId": "evse_id", "stackLevel": "stack_level"}


def _profile_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] == "Accepted":
        profile = neutral_profile(asked["chargingProfile"])
        installed_profiles.install(
            command.charge_point_id, asked["evseId"], profile, may_alternate=True
        )


def _profile_cleared(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] not in ("Accepted", "Unknown"):
        return
    said = asked.get("chargingProfileCriteria") or {}
    criteria = {here: said[name] for name, here in _CRITERIA.items() if name in said}
    if "chargingProfilePurpose" in said:
        criteria["purpose"] = NEUTRAL_PURPOSE[said["chargingProfilePurpose"]]
    if "chargingProfileId" in asked:
        criteria["profile_id"] = asked["chargingProfileId"]
    installed_profiles.clear(command.charge_point_id, criteria)


def _list_sent(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] == "Accepted":
        local_lists.store(
            command.charge_point_id,
            asked["versionNumber"],
            [_entry(each) for each in asked.get("localAuthorizationList") or []],
            full=asked["updateType"] == "Full",
        )


def _entry(said: Payload) -> Entry:
    token, info = said["idToken"], said.get("idTokenInfo")
    if info is None:
        # AuthorizationData: without idTokenInfo the token is removed.
        return Entry(token["idToken"], token["type"], None, "", None)
    until = info.get("cacheExpiryDateTime")
    return Entry(
        token["idToken"],
        token["type"],
        _NEUTRAL_STATUS.get(info["status"], AuthorizationStatus.INVALID),
        (info.get("groupIdToken") or {}).get("idToken", ""),
        coming_time(until) if until else None,
    )


def _cost_accepted(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    cost.store(command.charge_point_id, asked["transactionId"], asked["totalCost"])


BLOCK = Block(
    responses={
        "SetChargingProfile": ResponseReading(record=_profile_set),
        "ClearChargingProfile": ResponseReading(record=_profile_cleared),
        "SendLocalList": ResponseReading(record=_list_sent),
        "CostUpdated": ResponseReading(record=_cost_accepted),
    },
)
